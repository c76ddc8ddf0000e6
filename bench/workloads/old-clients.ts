/** What clients of before Kafka 0.11 cost: message sets, which the broker makes of batches, and batches of them. */
import { ApiKey } from '../../protocol/apis.ts';
import { writeApiVersionsRequest } from '../../protocol/generated/api-versions-request.ts';
import { readApiVersionsResponse } from '../../protocol/generated/api-versions-response.ts';
import type { Produced } from '../generators/generator.ts';
import { createTopic, deleteTopic, noteRate, open, sizeName, withCpu } from '../measuring.ts';
import type { Bench, Workload } from '../workload.ts';

const PARTITIONS = 4;
/** Sizes of records, and which part of the bytes of `sizes.records` each has. */
const LOADS = [
  { recordBytes: 1024, part: 1 },
  { recordBytes: 100, part: 1 / 4 },
];
/** Versions with record batches, and the last ones with messages of format v1. */
const PRODUCE = 9;
const OLD_PRODUCE = 2;
const FETCH = 11;
const OLD_FETCH = 3;
const SECONDS_A_MILLION = 25;

const ApiVersions = { apiKey: ApiKey.ApiVersions, write: writeApiVersionsRequest, read: readApiVersionsResponse };

/** By Fetch: of Produce, Kafka 4 says that it serves version 0, for a client that would not speak to it otherwise. */
async function servesOld(bench: Bench): Promise<boolean> {
  const client = await open(bench);
  const { apiKeys } = await client.call(ApiVersions, 0, {});
  client.close();
  return apiKeys.some(({ apiKey, minVersion }) => apiKey === ApiKey.Fetch && minVersion <= OLD_FETCH);
}

type Load = (typeof LOADS)[number];

async function measureProduce(bench: Bench, { recordBytes, part }: Load, version: 2 | 9): Promise<Written> {
  const { broker, generators, sizes, signal } = bench;
  const topic = await createTopic(bench, `old-${recordBytes}-${version}`, PARTITIONS);
  const limit = { records: Math.ceil((sizes.records * 1024 * part) / recordBytes) };
  const load = { topic, partitions: PARTITIONS, recordBytes, codec: 'none', acks: -1, limit, version } as const;
  const produce = (): Promise<Produced> => generators.own.produce(broker.bootstrap, load, signal);
  const { result, cpuS } = await withCpu(bench, produce, { writesMuch: true });
  noteRate(bench, `${sizeName(recordBytes)}, produce v${version}`, result, cpuS);
  return { ...result, topic };
}

interface Written extends Produced {
  readonly topic: string;
}

async function measureFetch(
  bench: Bench,
  { recordBytes }: Load,
  { topic, records, bytes }: Written,
  version: number,
): Promise<void> {
  const { broker, generators, signal } = bench;
  const load = { topic, partitions: PARTITIONS, records, version };
  const { result, cpuS } = await withCpu(bench, () => generators.own.consume(broker.bootstrap, load, signal));
  // What is in the records counts, whatever the format takes around it.
  const timedBytes = bytes * (result.timedBytes / result.bytes);
  const name = `${sizeName(recordBytes)}, fetch v${version}`;
  noteRate(bench, name, { bytes, timedBytes, seconds: result.seconds }, cpuS);
}

async function measure(bench: Bench, load: Load, isOld: boolean): Promise<void> {
  const written = await measureProduce(bench, load, PRODUCE);
  await measureFetch(bench, load, written, FETCH);
  if (isOld) await measureFetch(bench, load, written, OLD_FETCH);
  await deleteTopic(bench, written.topic);
  if (!isOld) return;
  // It lies there as batches, like the rest.
  const { topic } = await measureProduce(bench, load, OLD_PRODUCE);
  await deleteTopic(bench, topic);
}

export const oldClients: Workload = {
  name: 'old-clients',
  title: 'Old clients',
  about:
    'Messages of format v1 (Fetch v3, Produce v2), which the broker converts, beside record batches (Fetch v11, Produce ' +
    `v9); ${PARTITIONS} partitions, acks=all, no compression, by a client that sends the same again and only counts what ` +
    'it reads. Kafka 4 does not serve the old versions.',
  isThorough: true,
  seconds: ({ records, touchesPages }) => 2 + (records / 1e6) * SECONDS_A_MILLION * (touchesPages ? 1 : 0.6),
  async run(bench) {
    const isOld = await servesOld(bench);
    for (const load of LOADS) await measure(bench, load, isOld);
  },
};
