/** What is measured, each on one broker at a time, all brokers one after the other in every round. */
import { cpuSeconds, residentMegabytes, type Contender } from './contender.ts';
import { type Figures, load } from './load-generator.ts';

export interface Settings {
  /** Path of the load generator. */
  readonly program: string;
  /** Records of 1 KiB in the bulk measurements. */
  readonly records: number;
  /** Seconds of open-loop load. */
  readonly seconds: number;
}

export interface Measurement {
  readonly title: string;
  run(contender: Contender, settings: Settings, round: number): Promise<Figures>;
}

const RECORD_BYTES = 1024;
const BULK_PARTITIONS = 4;
const OPEN_LOOP_PARTITIONS = 6;
const OPEN_LOOP_RATE = 5000;
const ROUND_TRIPS = 5000;
const MEGABYTE = 1e6;
const GIGABYTE = 1e9;

/** Throughput and broker CPU of a run that moved `bytes`. */
async function timed(contender: Contender, bytes: number, work: () => Promise<Figures>): Promise<Figures> {
  const cpuBefore = cpuSeconds(contender);
  const { seconds = Number.NaN } = await work();
  const cpu = cpuSeconds(contender) - cpuBefore;
  return { 'MB/s': bytes / MEGABYTE / seconds, 'CPU-s/GB': cpu / (bytes / GIGABYTE) };
}

const topicOf = (round: number): string => `bulk-${round}`;

const produce: Measurement = {
  title: 'produce 1 KiB, acks=all, 4 partitions, librdkafka',
  async run(contender, { program, records }, round) {
    const { bootstrap } = contender;
    await load(program, 'create', bootstrap, topicOf(round), BULK_PARTITIONS);
    return timed(contender, records * RECORD_BYTES, () =>
      load(program, 'produce', bootstrap, topicOf(round), BULK_PARTITIONS, records, RECORD_BYTES, 'none'),
    );
  },
};

const consume: Measurement = {
  title: 'consume it all again, from files in the page cache',
  run: (contender, { program, records }, round) =>
    timed(contender, records * RECORD_BYTES, () =>
      load(program, 'consume', contender.bootstrap, topicOf(round), BULK_PARTITIONS, records),
    ),
};

const together: Measurement = {
  title: 'produce and consume at the same time (MB/s of each way, CPU of both)',
  async run(contender, { program, records }, round) {
    const topic = `together-${round}`;
    const { bootstrap } = contender;
    await load(program, 'create', bootstrap, topic, BULK_PARTITIONS);
    return timed(contender, records * RECORD_BYTES, async () => {
      const consuming = load(program, 'consume', bootstrap, topic, BULK_PARTITIONS, records);
      const [, consumed] = await Promise.all([
        load(program, 'produce', bootstrap, topic, BULK_PARTITIONS, records, RECORD_BYTES, 'none'),
        consuming,
      ]);
      return consumed;
    });
  },
};

const roundTrip: Measurement = {
  title: 'one record of 1 KiB in flight',
  async run({ bootstrap }, { program }, round) {
    const topic = `round-trip-${round}`;
    await load(program, 'create', bootstrap, topic, 1);
    const figures = await load(program, 'roundtrip', bootstrap, topic, ROUND_TRIPS, RECORD_BYTES);
    return { 'p50 ms': figures['roundTripP50Ms'] ?? Number.NaN, 'p99 ms': figures['roundTripP99Ms'] ?? Number.NaN };
  },
};

const openLoop: Measurement = {
  title: '5,000 records/s of 1 KiB to 6 partitions, open loop, end to end',
  async run(contender, { program, seconds }, round) {
    const topic = `open-loop-${round}`;
    const { bootstrap } = contender;
    await load(program, 'create', bootstrap, topic, OPEN_LOOP_PARTITIONS);
    const cpuBefore = cpuSeconds(contender);
    const started = performance.now();
    const args = [OPEN_LOOP_PARTITIONS, OPEN_LOOP_RATE, seconds, RECORD_BYTES];
    const figures = await load(program, 'openloop', bootstrap, topic, ...args);
    const cores = ((cpuSeconds(contender) - cpuBefore) * 1000) / (performance.now() - started);
    return {
      'p50 ms': figures['endToEndP50Ms'] ?? Number.NaN,
      'p99 ms': figures['endToEndP99Ms'] ?? Number.NaN,
      'p99.9 ms': figures['endToEndP999Ms'] ?? Number.NaN,
      cores,
    };
  },
};

const memory: Measurement = {
  title: 'memory after all that',
  run: async (contender) => ({ 'MB resident': residentMegabytes(contender) }),
};

/** In the order in which they run: consuming needs what was produced. */
export const measurements: readonly Measurement[] = [produce, consume, together, roundTrip, openLoop, memory];
