/** Every record on the device before it is acknowledged. */
import { createTopic, noteLatency, withCpu } from '../measuring.ts';
import type { Workload } from '../workload.ts';

const PARTITIONS = 12;
const RECORD_BYTES = 1024;

export const fsync: Workload = {
  name: 'fsync',
  title: 'Synced before every acknowledgement',
  about:
    `A topic of ${PARTITIONS} partitions with \`flush.messages=1\`: each producer sends a record of 1 KiB and waits until it ` +
    'is on the device.',
  seconds: ({ syncedWriters, loadSeconds }) => syncedWriters.length * (loadSeconds + 1.5),
  async run(bench) {
    const { broker, generators, signal, sizes } = bench;
    for (const count of sizes.syncedWriters) {
      const topic = await createTopic(bench, `fsync-${count}`, PARTITIONS, { 'flush.messages': '1' });
      const load = {
        topic,
        partitions: PARTITIONS,
        producers: count,
        recordBytes: RECORD_BYTES,
        batchRecords: 1,
        seconds: sizes.loadSeconds,
      };
      const { result } = await withCpu(bench, () => generators.own.produceByMany(broker.bootstrap, load, signal));
      const name = `${count} ${count === 1 ? 'producer' : 'producers'}`;
      bench.note(name, 'records/s', 'higher', result.records / result.seconds);
      noteLatency(bench, name, result.answered);
    }
  },
};
