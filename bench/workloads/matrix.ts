/** Kafka's classic matrix: records of every size with every codec, acknowledged by the leader or by all. */
import { createTopic, deleteTopic, noteRate, sizeName, withCpu } from '../measuring.ts';
import type { Workload } from '../workload.ts';

const PARTITIONS = 4;
/** For the topic, the client's start and what is still queued at the end. */
const OVERHEAD_S = 1.3;

export const matrix: Workload = {
  name: 'matrix',
  title: 'Producing, by size of record, codec and acks',
  about: `One producer as fast as it can, ${PARTITIONS} partitions; bytes count before compression.`,
  seconds: ({ recordBytes, codecs, acks, loadSeconds }) =>
    recordBytes.length * codecs.length * acks.length * (loadSeconds + OVERHEAD_S),
  async run(bench) {
    const { broker, generators, signal, sizes } = bench;
    for (const recordBytes of sizes.recordBytes) {
      for (const codec of sizes.codecs) {
        for (const acks of sizes.acks) {
          const topic = await createTopic(bench, `matrix-${recordBytes}-${codec}-${acks}`, PARTITIONS);
          const limit = { seconds: sizes.loadSeconds };
          const load = { topic, partitions: PARTITIONS, recordBytes, codec, acks, limit };
          const { result, cpuS } = await withCpu(bench, () =>
            generators.fastest.produce(broker.bootstrap, load, signal),
          );
          noteRate(bench, `${sizeName(recordBytes)}, ${codec}, acks=${acks === 1 ? '1' : 'all'}`, result, cpuS);
          await deleteTopic(bench, topic);
        }
      }
    }
  },
};
