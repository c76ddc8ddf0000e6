/** Latency at fixed rates, from the moment at which a record was due to its acknowledgement and to its reader. */
import type { Generator } from '../generators/generator.ts';
import { createTopic, deleteTopic, noteLatency, withCpu } from '../measuring.ts';
import type { Bench, Workload } from '../workload.ts';

const PARTITIONS = 6;
const RECORD_BYTES = 1024;
/** Two of warming up, two of settling, and the start. */
const OVERHEAD_S = 5;

async function atRate(bench: Bench, generator: Generator, rate: number): Promise<void> {
  const { broker, signal, sizes } = bench;
  const topic = await createTopic(bench, `latency-${generator.name}-${rate}`, PARTITIONS);
  const load = { topic, partitions: PARTITIONS, rate, seconds: sizes.openLoopSeconds, recordBytes: RECORD_BYTES };
  const name = `${rate.toLocaleString('en')}/s, ${generator.name}`;
  const { result, cpuS, elapsedS } = await withCpu(bench, () => generator.openLoop(broker.bootstrap, load, signal));
  noteLatency(bench, `${name}, acknowledged`, result.acknowledged);
  noteLatency(bench, `${name}, end to end`, result.endToEnd);
  bench.note(name, 'broker cores', 'lower', cpuS / elapsedS);
  await deleteTopic(bench, topic);
}

export const latency: Workload = {
  name: 'latency',
  title: 'Latency at fixed rates',
  about:
    `Records of 1 KiB to ${PARTITIONS} partitions by the clock, acks=all, read at the same time. Whoever is late sends all ` +
    'the same, and each latency counts from when its record was due: a stall is seen by every record that it delays.',
  seconds: ({ rates, openLoopSeconds }) => rates.length * 2 * (openLoopSeconds + OVERHEAD_S),
  async run(bench) {
    const { librdkafka, own } = bench.generators;
    for (const generator of librdkafka === null ? [own] : [librdkafka, own]) {
      for (const rate of bench.sizes.rates) {
        try {
          await atRate(bench, generator, rate);
        } catch (error) {
          bench.signal.throwIfAborted();
          bench.leaveOut(`${rate}/s by ${generator.name}`, (error as Error).message);
        }
      }
    }
  },
};
