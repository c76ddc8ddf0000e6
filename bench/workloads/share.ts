/** Share groups by Kafka's Java consumer. */
import { createTopic, withCpu } from '../measuring.ts';
import type { Workload } from '../workload.ts';

const PARTITIONS = 4;
const RECORD_BYTES = 1024;

export const share: Workload = {
  name: 'share',
  title: 'Share groups',
  about: `One share consumer in Java reads and acknowledges records of 1 KiB from ${PARTITIONS} partitions.`,
  isThorough: true,
  seconds: ({ shareRecords }) => shareRecords / 7e4 + 4,
  async run(bench) {
    const { broker, generators, signal, sizes } = bench;
    const java = generators.javaClients;
    if (java === null) return;
    const topic = await createTopic(bench, 'share', PARTITIONS);
    const limit = { records: sizes.shareRecords };
    const load = { topic, partitions: PARTITIONS, recordBytes: RECORD_BYTES, codec: 'none', acks: -1, limit } as const;
    const { records } = await generators.fastest.produce(broker.bootstrap, load, signal);
    const { result, cpuS } = await withCpu(bench, () => java.run(signal, 'share', broker.bootstrap, topic, records));
    bench.note('consumed', 'records/s', 'higher', (result['records'] ?? 0) / (result['seconds'] ?? 1));
    bench.note('a million records', 'broker CPU-s', 'lower', (cpuS / records) * 1e6);
  },
};
