/** One producer, many readers of everything. */
import { createTopic, noteLatency, withCpu } from '../measuring.ts';
import type { Workload } from '../workload.ts';

const PARTITIONS = 6;
const RATE = 5000;
const RECORD_BYTES = 1024;

export const fanOut: Workload = {
  name: 'fan-out',
  title: 'One topic, many readers',
  about:
    `${RATE.toLocaleString('en')} records of 1 KiB a second by the clock, each read by every reader on a connection of its ` +
    'own; counted from when a record was due.',
  seconds: ({ openLoopSeconds }) => openLoopSeconds + 5,
  async run(bench) {
    const { broker, generators, signal, sizes } = bench;
    const topic = await createTopic(bench, 'fan-out', PARTITIONS);
    const { readers, openLoopSeconds: seconds } = sizes;
    const load = { topic, partitions: PARTITIONS, rate: RATE, seconds, recordBytes: RECORD_BYTES, readers };
    const { result, cpuS, elapsedS } = await withCpu(bench, () =>
      generators.own.fanOut(broker.bootstrap, load, signal),
    );
    noteLatency(bench, `${readers} readers, end to end`, result.endToEnd);
    bench.note(`${readers} readers`, 'broker cores', 'lower', cpuS / elapsedS);
  },
};
