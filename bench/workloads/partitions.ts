/** What a topic of many partitions costs: to make it, to hold it, to write to all of it. */
import { setTimeout as delay } from 'node:timers/promises';
import { createTopic, deleteTopic, noteRate, withCpu } from '../measuring.ts';
import { openFiles, residentMiB } from '../process-stats.ts';
import type { Workload } from '../workload.ts';

const RECORD_BYTES = 1024;
const SETTLE_MS = 500;

export const partitions: Workload = {
  name: 'partitions',
  title: 'Many partitions',
  about: 'Records of 1 KiB, acks=all, over all partitions of one topic in turn, as fast as it goes.',
  seconds: ({ partitions: counts, loadSeconds }) =>
    counts.reduce((sum, count) => sum + loadSeconds + 2 + count / 700, 0),
  async run(bench) {
    const { broker, generators, signal, sizes } = bench;
    for (const count of sizes.partitions) {
      const name = `${count.toLocaleString('en')} ${count === 1 ? 'partition' : 'partitions'}`;
      try {
        const beforeMiB = broker.pid === undefined ? Number.NaN : residentMiB(broker.pid);
        const created = await withCpu(bench, () => createTopic(bench, `partitions-${count}`, count));
        bench.note(`${name}, created`, 's', 'lower', created.elapsedS);
        await delay(SETTLE_MS, undefined, { signal });
        if (broker.pid !== undefined) {
          bench.note(`${name}, memory for them`, 'MiB', 'lower', residentMiB(broker.pid) - beforeMiB);
        }
        const limit = { seconds: sizes.loadSeconds };
        const load = {
          topic: created.result,
          partitions: count,
          recordBytes: RECORD_BYTES,
          codec: 'none',
          acks: -1,
          limit,
        } as const;
        const { result, cpuS } = await withCpu(bench, () => generators.own.produce(broker.bootstrap, load, signal));
        noteRate(bench, name, result, cpuS);
        if (broker.pid !== undefined) bench.note(`${name}, open files`, 'files', 'lower', openFiles(broker.pid));
        await deleteTopic(bench, created.result);
      } catch (error) {
        signal.throwIfAborted();
        bench.leaveOut(name, (error as Error).message);
      }
    }
  },
};
