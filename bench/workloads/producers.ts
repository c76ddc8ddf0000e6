/** Many producers, each of which waits for its answer. */
import { createTopic, noteLatency, noteRate, withCpu } from '../measuring.ts';
import type { Workload } from '../workload.ts';

const PARTITIONS = 12;
const RECORD_BYTES = 1024;
const BATCH_RECORDS = 10;

export const producers: Workload = {
  name: 'producers',
  title: 'Many producers',
  about:
    `Each on its own connection sends ${BATCH_RECORDS} records of 1 KiB to one of ${PARTITIONS} partitions and waits for ` +
    'the answer before it sends the next ten. acks=all.',
  seconds: ({ loadSeconds }) => loadSeconds + 3,
  async run(bench) {
    const { broker, generators, signal, sizes } = bench;
    const topic = await createTopic(bench, 'producers', PARTITIONS);
    const { producers: count, loadSeconds: seconds } = sizes;
    const load = {
      topic,
      partitions: PARTITIONS,
      producers: count,
      recordBytes: RECORD_BYTES,
      batchRecords: BATCH_RECORDS,
      seconds,
    };
    const { result, cpuS } = await withCpu(bench, () => generators.own.produceByMany(broker.bootstrap, load, signal));
    noteRate(bench, `${count} producers`, result, cpuS);
    noteLatency(bench, `${count} producers`, result.answered);
  },
};
