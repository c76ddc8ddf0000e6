/** A reader that was away reads what it missed, while others go on producing and reading. */
import { setTimeout as delay } from 'node:timers/promises';
import { createTopic, noteLatency, withCpu } from '../measuring.ts';
import type { Workload } from '../workload.ts';

const PARTITIONS = 4;
const RATE = 5000;
const RECORD_BYTES = 1024;
/** So that the open loop has warmed up when the reading begins. */
const FIRST_MS = 4000;

export const catchUp: Workload = {
  name: 'catch-up',
  title: 'Catching up while others produce',
  about:
    `A backlog is read as fast as it goes, again and again, while ${RATE.toLocaleString('en')} records of 1 KiB a second ` +
    'go to another topic by the clock.',
  isThorough: true,
  seconds: ({ openLoopSeconds, backlogBytes }) => openLoopSeconds + 6 + backlogBytes / 2e8,
  async run(bench) {
    const { broker, generators, signal, sizes } = bench;
    const { bootstrap } = broker;
    const backlog = await createTopic(bench, 'backlog', PARTITIONS);
    const limit = { records: Math.ceil(sizes.backlogBytes / RECORD_BYTES) };
    const load = {
      topic: backlog,
      partitions: PARTITIONS,
      recordBytes: RECORD_BYTES,
      codec: 'none',
      acks: -1,
      limit,
    } as const;
    const { records } = await generators.own.produce(bootstrap, load, signal);
    const topic = await createTopic(bench, 'beside-backlog', PARTITIONS);
    const { openLoopSeconds: seconds } = sizes;
    const steady = { topic, partitions: PARTITIONS, rate: RATE, seconds, recordBytes: RECORD_BYTES };
    let bytes = 0;
    let readS = 0;
    const { result } = await withCpu(bench, async () => {
      const over = new AbortController();
      const producing = generators.own.openLoop(bootstrap, steady, signal).finally(() => over.abort());
      const reading = (async () => {
        await delay(FIRST_MS, undefined, { signal: over.signal }).catch(() => undefined);
        while (!over.signal.aborted) {
          const load = { topic: backlog, partitions: PARTITIONS, records };
          const read = await generators.own.consume(bootstrap, load, signal);
          bytes += read.timedBytes;
          readS += read.seconds;
        }
      })();
      const [latencies] = await Promise.all([producing, reading]);
      return latencies;
    });
    if (readS > 0) bench.note('the backlog is read', 'MB/s', 'higher', bytes / 1e6 / readS);
    noteLatency(bench, 'acknowledged meanwhile', result.acknowledged);
    noteLatency(bench, 'end to end meanwhile', result.endToEnd);
  },
};
