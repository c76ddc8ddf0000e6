/** Throughput over TLS, as `throughput.ts` has it without. */
import type { Consumed, Generator, Produced } from '../generators/generator.ts';
import { createTopic, deleteTopic, noteRate, withCpu } from '../measuring.ts';
import { startSecured } from '../secured.ts';
import type { Bench, Workload } from '../workload.ts';

const PARTITIONS = 4;
const RECORD_BYTES = 1024;
/** About what a broker's start and each million records take. */
const START_S = 6;
const SECONDS_A_MILLION = 40;

const writesMuch = { writesMuch: true };

interface Loads {
  produce(): Promise<Produced>;
  consume(produced: Produced): Promise<Consumed>;
}

function loadsOf({ broker, sizes, signal }: Bench, generator: Generator, topic: string): Loads {
  const limit = { records: sizes.records };
  const load = { topic, partitions: PARTITIONS, recordBytes: RECORD_BYTES, codec: 'none', acks: -1, limit } as const;
  return {
    produce: () => generator.produce(broker.bootstrap, load, signal),
    consume: ({ records }) => generator.consume(broker.bootstrap, { topic, partitions: PARTITIONS, records }, signal),
  };
}

async function measure(bench: Bench, generator: Generator, prefix: string): Promise<void> {
  const topic = await createTopic(bench, 'tls', PARTITIONS);
  const { produce, consume } = loadsOf(bench, generator, topic);
  const made = await withCpu(bench, produce, writesMuch);
  noteRate(bench, `${prefix}produce over TLS 1.3`, made.result, made.cpuS);
  const read = await withCpu(bench, () => consume(made.result));
  noteRate(bench, `${prefix}consume over TLS 1.3`, read.result, read.cpuS);
  await deleteTopic(bench, topic);
}

/** So that no broker is measured while its virtual machine still compiles. */
async function warmUp(bench: Bench): Promise<void> {
  const topic = await createTopic(bench, 'tls-first', PARTITIONS);
  const { produce, consume } = loadsOf(bench, bench.generators.fastest, topic);
  await consume(await produce());
  await deleteTopic(bench, topic);
}

export const tls: Workload = {
  name: 'tls',
  title: 'Throughput over TLS',
  about:
    `Records of 1 KiB as fast as it goes over TLS 1.3, certificate of P-256, ciphers as they come; ${PARTITIONS} ` +
    'partitions, acks=all, no compression, on a broker that has written and read as much before. By librdkafka (our own ' +
    'client without it), and by a client that sends the same batches again.',
  isLocal: true,
  isThorough: true,
  seconds: ({ records, touchesPages }) => START_S + (records / 1e6) * SECONDS_A_MILLION * (touchesPages ? 1 : 0.7),
  async run(bench) {
    await using broker = await startSecured(bench, 'SSL');
    if (broker === null) return bench.leaveOut('TLS', 'this run did not start the broker');
    const secured = { ...bench, broker };
    await warmUp(secured);
    const { fastest, own } = bench.generators;
    await measure(secured, fastest, '');
    if (fastest !== own) await measure(secured, own, 'a client that costs next to nothing, ');
  },
};
