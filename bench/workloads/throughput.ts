/** What one producer and one consumer can do, alone and together, and the same by the other generators. */
import type { Produced } from '../generators/generator.ts';
import { createTopic, noteRate, withCpu } from '../measuring.ts';
import type { Bench, Workload } from '../workload.ts';

const PARTITIONS = 4;
const RECORD_BYTES = 1024;
/** About what each of six loads of a million records takes, most of it the pages touched before. */
const SECONDS_A_MILLION = 32;

const writesMuch = { writesMuch: true };

async function byFastest(bench: Bench): Promise<void> {
  const { broker, generators, signal, sizes } = bench;
  const { fastest } = generators;
  const limit = { records: sizes.records };
  const load = { partitions: PARTITIONS, recordBytes: RECORD_BYTES, codec: 'none', acks: -1, limit } as const;
  const produce = (topic: string) => (): Promise<Produced> =>
    fastest.produce(broker.bootstrap, { topic, ...load }, signal);
  const first = await createTopic(bench, 'first', PARTITIONS);
  const atFirst = await withCpu(bench, produce(first), writesMuch);
  noteRate(bench, 'produce, the first after the start', atFirst.result, atFirst.cpuS);
  const consume = (topic: string, { records }: { readonly records: number }) =>
    fastest.consume(broker.bootstrap, { topic, partitions: PARTITIONS, records }, signal);
  // From here on no broker is measured while its virtual machine still compiles.
  await consume(first, atFirst.result);
  const plain = await createTopic(bench, 'plain', PARTITIONS);
  const again = await withCpu(bench, produce(plain), writesMuch);
  noteRate(bench, 'produce', again.result, again.cpuS);
  const read = await withCpu(bench, () => consume(plain, again.result));
  noteRate(bench, 'consume', read.result, read.cpuS);
  const beside = await createTopic(bench, 'beside', PARTITIONS);
  const work = async () => {
    const consuming = consume(beside, limit);
    const [result] = await Promise.all([consuming, produce(beside)()]);
    return result;
  };
  const both = await withCpu(bench, work, writesMuch);
  noteRate(bench, 'produce and consume together', both.result, both.cpuS);
}

async function byJavaTools(bench: Bench): Promise<void> {
  const { broker, generators, signal, sizes } = bench;
  const tools = generators.javaTools;
  if (tools === null) return;
  const topic = await createTopic(bench, 'perf', PARTITIONS);
  const limit = { records: sizes.records };
  const load = { topic, partitions: PARTITIONS, recordBytes: RECORD_BYTES, codec: 'none', acks: -1, limit } as const;
  const made = await withCpu(bench, () => tools.produce(broker.bootstrap, load, signal), writesMuch);
  noteRate(bench, 'kafka-producer-perf-test', made.result, made.cpuS);
  bench.note('kafka-producer-perf-test, p99', 'ms', 'lower', made.result.p99);
  const { result, cpuS } = await withCpu(bench, () =>
    tools.consume(broker.bootstrap, { topic, partitions: PARTITIONS, records: sizes.records }, signal),
  );
  const bytes = result.records * RECORD_BYTES;
  noteRate(bench, 'kafka-consumer-perf-test', { bytes, seconds: bytes / result.bytesPerSecond }, cpuS);
}

async function byOwn(bench: Bench): Promise<void> {
  const { broker, generators, signal, sizes } = bench;
  const topic = await createTopic(bench, 'own', PARTITIONS);
  const limit = { records: sizes.records };
  const load = { topic, partitions: PARTITIONS, recordBytes: RECORD_BYTES, codec: 'none', acks: -1, limit } as const;
  const made = await withCpu(bench, () => generators.own.produce(broker.bootstrap, load, signal), writesMuch);
  noteRate(bench, 'a client that costs next to nothing, produce', made.result, made.cpuS);
  const { records } = made.result;
  const read = await withCpu(bench, () =>
    generators.own.consume(broker.bootstrap, { topic, partitions: PARTITIONS, records }, signal),
  );
  noteRate(bench, 'a client that costs next to nothing, consume', read.result, read.cpuS);
}

export const throughput: Workload = {
  name: 'throughput',
  title: 'Throughput with records of 1 KiB',
  about:
    `As fast as it goes, ${PARTITIONS} partitions, acks=all, no compression; what is consumed lies in the page cache. By ` +
    "librdkafka (our own client without it), by Kafka's perf tools, and by a client that sends the same batches again.",
  seconds: ({ records, touchesPages }) => (records / 1e6) * SECONDS_A_MILLION * (touchesPages ? 1 : 0.6) + 4,
  async run(bench) {
    await byFastest(bench);
    await byJavaTools(bench);
    await byOwn(bench);
  },
};
