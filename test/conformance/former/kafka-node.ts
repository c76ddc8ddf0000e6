/** The conformance scenarios through kafka-node 5.0, which lies in the folder WALKA_FORMER. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { type Codec, type FormerMessage, loadFrom, runScenarios } from './scenarios.ts';
import type { Run } from '../node/scenario-runner.ts';

const { Admin, ConsumerGroup, HighLevelProducer, KafkaClient, KeyedMessage, Offset } = loadFrom(
  'WALKA_FORMER',
  'kafka-node',
);

const ATTRIBUTES: Partial<Record<Codec, number>> = { none: 0, gzip: 1 };
const KEYED = 3;

/** One client for all: its groups bring their own. */
let shared: Promise<any> | undefined;
function connected({ bootstrap }: Run): Promise<any> {
  shared ??= (async () => {
    const client = new KafkaClient({ kafkaHost: bootstrap });
    await once(client, 'ready');
    return client;
  })();
  return shared;
}

/** Calls what takes a callback. */
const call = (object: any, method: string, ...args: readonly unknown[]): Promise<any> =>
  promisify((done: (error: Error | null, result?: unknown) => void) => object[method](...args, done))();

async function metadataOf(run: Run, topic: string): Promise<any> {
  const [, { metadata }] = await call(await connected(run), 'loadMetadataForTopics', [topic]);
  return metadata[topic] ?? {};
}

const keyed = ({ key, value, timestamp = Date.now() }: FormerMessage): unknown =>
  new KeyedMessage(key ?? null, value, undefined, undefined, timestamp);

async function produce(run: Run, topic: string, messages: readonly FormerMessage[], codec: Codec): Promise<void> {
  const client = await connected(run);
  await call(client, 'refreshMetadata', [topic]);
  const producer = new HighLevelProducer(client, { requireAcks: -1, ackTimeoutMs: 10_000, partitionerType: KEYED });
  const payloads = messages.map((message) => ({
    topic,
    key: message.key,
    attributes: ATTRIBUTES[codec],
    messages: [keyed(message)],
    ...(message.partition !== undefined && { partition: message.partition }),
  }));
  await call(producer, 'send', payloads);
}

function bytes(value: Buffer | string | null): string | null {
  return value === null ? null : value.toString();
}

async function commit(run: Run, group: string, topic: string, offsets: readonly number[]): Promise<void> {
  const client = await connected(run);
  const { coordinatorId } = await call(client, 'sendGroupCoordinatorRequest', group);
  client.coordinatorId = String(coordinatorId);
  const commits = offsets.map((offset, partition) => ({ topic, partition, offset, metadata: '' }));
  await call(client, 'sendOffsetCommitV2Request', group, -1, '', commits);
}

await runScenarios({
  lacks: {
    'compression-snappy': 'it needs native code of former Nodes',
    'compression-lz4': 'it knows gzip and snappy',
    'compression-zstd': 'it knows gzip and snappy',
    'seek-by-time': 'it asks for offsets as Kafka 0.8 gave them',
    'describe-and-delete': 'it deletes no topics',
    'idempotent-produce': 'its records have no sequences',
  },
  hasHeaders: false,
  async create(run, topic, partitions, configs) {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    const asked = [{ topic, partitions, replicationFactor: 1, configEntries }];
    const refused = await call(new Admin(await connected(run)), 'createTopics', asked);
    assert.deepEqual(refused, []);
  },
  partitionCount: async (run, topic) => Object.keys(await metadataOf(run, topic)).length,
  produce,
  async join(run, groupId, topic, onRead) {
    const group = new ConsumerGroup(
      {
        kafkaHost: run.bootstrap,
        groupId,
        autoCommit: false,
        // It would begin what it has no offset for by committing one.
        commitOffsetsOnFirstJoin: false,
        fromOffset: 'earliest',
        sessionTimeout: 30_000,
        heartbeatInterval: 300,
        fetchMaxBytes: 4 << 20,
        encoding: 'buffer',
        keyEncoding: 'buffer',
      },
      topic,
    );
    group.on('message', ({ partition, offset, key, value }: any) =>
      onRead({ partition, offset, key: bytes(key), value: bytes(value), headers: {} }),
    );
    group.on('error', () => {});
    await once(group, 'rebalanced');
    let closed = false;
    return {
      owned: () => (closed ? 0 : (group.topicPayloads?.length ?? 0)),
      commit: (offset) => call(group, 'sendOffsetCommitRequest', [{ topic, partition: 0, offset, metadata: '' }]),
      async close() {
        closed = true;
        group.removeAllListeners('message');
        await call(group, 'close', false);
      },
    };
  },
  commit,
  async committed(run, group, topic, partitions) {
    const asked = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
    const found = await call(new Offset(await connected(run)), 'fetchCommits', group, asked);
    return asked.map(({ partition }) => found[topic][partition]);
  },
});
