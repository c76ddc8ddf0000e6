/**
 * A data directory with something of everything in it, copies of it to damage, and what a broker serves of it: for tests
 * that flip, cut, remove and age files. After each, a start either serves all of it or is refused.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ErrorCode } from '../../../protocol/errors.ts';
import { type Broker, startBroker } from '../../../src/index.ts';
import {
  DeleteTopics,
  FindCoordinator,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  CreatePartitions,
} from '../../support/admin-apis.ts';
import { Fetch, fetched, fetchRequest, produce } from '../../support/data-apis.ts';
import { WireClient } from '../../support/wire-client.ts';
import { DescribeConfigs } from '../../support/config-apis.ts';

const GROUP = 'readers';
const TOPIC_RESOURCE = 2;
const DYNAMIC_TOPIC_CONFIG = 1;
const CONFIG = { 'offsets.topic.num.partitions': 3, 'walka.journal.file.bytes': 1024 * 1024 };

/** All that clients see: topics with ids and settings, a digest of each partition's bytes, committed offsets. */
export type Served = ReadonlyMap<string, string>;

export type Outcome =
  | { readonly kind: 'served'; readonly served: Served }
  | { readonly kind: 'refused'; readonly message: string };

async function clientOf(broker: Broker): Promise<WireClient> {
  return WireClient.open(Number(broker.bootstrapServers.split(':')[1]));
}

/** Repeats a call to a coordinator that is not ready at once after a start; its answer is an error code. */
async function whileLoading(call: () => Promise<number | undefined>): Promise<void> {
  for (let code: number | undefined = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS; code !== ErrorCode.NONE; ) {
    code = await call();
    const isTransient = code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS || code === ErrorCode.NOT_COORDINATOR;
    assert.ok(code === ErrorCode.NONE || isTransient, `error ${code}`);
  }
}

async function partitionDigest(client: WireClient, topic: string, partition: number): Promise<string> {
  const hash = createHash('sha256');
  for (let offset = 0; ; ) {
    const [answer] = fetched(await client.call(Fetch, 12, fetchRequest(topic, [{ partition, offset }])));
    if (answer === undefined || answer.errorCode !== 0) return `error ${answer?.errorCode}`;
    const records = Buffer.concat(answer.records === null ? [] : [answer.records as unknown as Buffer].flat());
    if (records.length === 0) return `${offset} ${hash.digest('hex')}`;
    hash.update(records);
    for (let at = 0; at < records.length; at += 12 + records.readInt32BE(at + 8)) {
      offset = Number(records.readBigInt64BE(at)) + records.readInt32BE(at + 23) + 1;
    }
  }
}

/** What a running broker serves. */
export async function servedBy(broker: Broker): Promise<Served> {
  const client = await clientOf(broker);
  const served = new Map<string, string>([['cluster', broker.clusterId]]);
  try {
    const { topics } = await client.call(Metadata, 12, { topics: null });
    for (const { name: topic, topicId, partitions } of topics) {
      const name = topic ?? '';
      served.set(name, `${topicId} ${partitions.length}`);
      const resources = [{ resourceType: TOPIC_RESOURCE, resourceName: name, configurationKeys: null }];
      const { results } = await client.call(DescribeConfigs, 4, { resources });
      const own = results[0]?.configs.filter(({ configSource }) => configSource === DYNAMIC_TOPIC_CONFIG) ?? [];
      served.set(`${name} settings`, JSON.stringify(own.map(({ name: key, value }) => [key, value])));
      if (name.startsWith('__')) continue; // what it holds is what the group is told below
      for (const { partitionIndex } of partitions) {
        served.set(`${name}-${partitionIndex}`, await partitionDigest(client, name, partitionIndex));
      }
    }
    if (!served.has('__consumer_offsets')) return served;
    const wanted = { groups: [{ groupId: GROUP, topics: null }], requireStable: false };
    await whileLoading(async () => {
      const { groups } = await client.call(OffsetFetch, 8, wanted);
      served.set('offsets', JSON.stringify(groups[0]?.topics));
      return groups[0]?.errorCode;
    });
  } finally {
    client.close();
  }
  return served;
}

async function fill(broker: Broker): Promise<void> {
  const client = await clientOf(broker);
  for (let round = 0; round < 20; round++) {
    const values = Array.from({ length: 50 }, (_, i) => `${round} ${i} ${'x'.repeat(400 + ((round * i) % 50))}`);
    for (const [topic, partitions] of [
      ['orders', 4],
      ['plain', 1],
      ['gone', 2],
    ] as const) {
      for (let p = 0; p < partitions; p++) await produce(client, topic, p, ...values.map((v) => `${topic} ${p} ${v}`));
    }
  }
  const topics = [{ name: 'orders', count: 6, assignments: null }];
  await client.call(CreatePartitions, 3, { topics, timeoutMs: 10_000 });
  await produce(client, 'orders', 5, 'of a partition that came later');
  await client.call(DeleteTopics, 5, { topicNames: ['gone'], timeoutMs: 10_000 });
  const partitions = [
    { partitionIndex: 0, committedOffset: 17 },
    { partitionIndex: 3, committedOffset: 170 },
  ];
  const commit = { groupId: GROUP, topics: [{ name: 'orders', partitions }] };
  await client.call(FindCoordinator, 4, { keyType: 0, coordinatorKeys: [GROUP] });
  await whileLoading(async () => {
    const { topics: answered } = await client.call(OffsetCommit, 8, commit);
    return answered[0]?.partitions[0]?.errorCode;
  });
  client.close();
}

/** Directories with the same contents, as they are after different ends. */
export class Specimen implements Disposable {
  readonly #root = mkdtempSync(join(tmpdir(), 'walka-damage-'));
  #copies = 0;
  /** What a sound start serves. */
  served: Served = new Map();
  /** After an early clean stop, before most of it was there. */
  readonly early = join(this.#root, 'early');
  /** After a clean stop. */
  readonly stopped = join(this.#root, 'stopped');
  /** As a kill leaves it. */
  readonly killed = join(this.#root, 'killed');

  static async make(): Promise<Specimen> {
    const specimen = new Specimen();
    const topics = [{ name: 'plain', configs: { 'retention.ms': 7_000_000_000 } }];
    const first = await startBroker({ dataDir: specimen.stopped, config: CONFIG, topics });
    await first.close();
    cpSync(specimen.stopped, specimen.early, { recursive: true });
    const more = [
      { name: 'orders', partitions: 4 },
      { name: 'gone', partitions: 2 },
    ];
    const second = await startBroker({ dataDir: specimen.stopped, config: CONFIG, topics: more });
    await fill(second);
    specimen.served = await servedBy(second);
    cpSync(specimen.stopped, specimen.killed, { recursive: true });
    await second.close();
    return specimen;
  }

  /** A copy to damage. */
  copy(of: 'early' | 'stopped' | 'killed'): string {
    const directory = join(this.#root, `copy-${this.#copies++}`);
    cpSync(this[of], directory, { recursive: true });
    return directory;
  }

  /** Asserts that the directory serves everything. */
  async assertServed(directory: string, why: string): Promise<void> {
    const outcome = await tryStart(directory);
    assert.ok(outcome.kind === 'served', `${why}: ${outcome.kind === 'refused' ? outcome.message : ''}`);
    assert.deepEqual(outcome.served, this.served, why);
  }

  [Symbol.dispose](): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}

/** Starts a broker, reads what it serves, and stops it; or tells why it did not start. */
export async function tryStart(directory: string): Promise<Outcome> {
  let broker: Broker;
  try {
    broker = await startBroker({ dataDir: directory, config: CONFIG });
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error, String(error));
    return { kind: 'refused', message: error.message };
  }
  try {
    return { kind: 'served', served: await servedBy(broker) };
  } finally {
    await broker.close();
  }
}
