/** The conformance scenarios through kafka-ts 1.5, which lies in the folder WALKA_FORMER. */
import assert from 'node:assert/strict';
import { type FormerMessage, loadFrom, runScenarios } from './scenarios.ts';
import type { Run } from '../node/scenario-runner.ts';

const { API, createKafkaClient, setLogger } = loadFrom('WALKA_FORMER', 'kafka-ts');

const say = (): void => {};
setLogger({ debug: say, info: say, warn: say, error: say });

/** A topic, in what DescribeConfigs asks for. */
const TOPIC = 2;

function client({ bootstrap }: Run): any {
  const [host, port] = bootstrap.split(':');
  return createKafkaClient({ clientId: 'conformance', bootstrapServers: [{ host, port: Number(port) }] });
}

/** Sends a request as it stands in the protocol to the one node that there is. */
async function ask(run: Run, api: string, request: object): Promise<any> {
  const cluster = client(run).createCluster();
  await cluster.connect();
  try {
    return await cluster.sendRequest(API[api], request);
  } finally {
    await cluster.disconnect();
  }
}

async function metadataOf(run: Run, name: string): Promise<any> {
  const { topics } = await ask(run, 'METADATA', { topics: [{ id: null, name }], allowTopicAutoCreation: false });
  return topics[0];
}

async function produce(run: Run, topic: string, messages: readonly FormerMessage[]): Promise<void> {
  const producer = client(run).createProducer({});
  const sent = messages.map(({ timestamp, ...message }) => ({
    ...message,
    topic,
    ...(timestamp !== undefined && { timestamp: BigInt(timestamp) }),
  }));
  await producer.send(sent);
  await producer.close();
}

async function commit(run: Run, groupId: string, name: string, offsets: readonly number[]): Promise<void> {
  const { topicId } = await metadataOf(run, name);
  const partitions = offsets.map((offset, partitionIndex) => ({
    partitionIndex,
    committedOffset: BigInt(offset),
    committedLeaderEpoch: -1,
    committedMetadata: null,
  }));
  const member = { groupId, generationIdOrMemberEpoch: -1, memberId: '', groupInstanceId: null };
  await ask(run, 'OFFSET_COMMIT', { ...member, topics: [{ name, topicId, partitions }] });
}

const COMPRESSES_NOTHING = 'it reads what is compressed, and compresses nothing';

await runScenarios({
  lacks: {
    'compression-gzip': COMPRESSES_NOTHING,
    'compression-snappy': COMPRESSES_NOTHING,
    'compression-lz4': COMPRESSES_NOTHING,
    'compression-zstd': COMPRESSES_NOTHING,
  },
  hasHeaders: true,
  async create(run, name, numPartitions, configs) {
    const entries = Object.entries(configs).map(([setting, value]) => ({ name: setting, value }));
    await ask(run, 'CREATE_TOPICS', { topics: [{ name, numPartitions, replicationFactor: 1, configs: entries }] });
  },
  partitionCount: async (run, topic) => (await metadataOf(run, topic)).partitions.length,
  produce,
  // It has no other producer than this.
  produceIdempotent: produce,
  async join(run, groupId, topic, onRead) {
    const consumer = await client(run).startConsumer({
      groupId,
      topics: [topic],
      fromBeginning: true,
      groupProtocol: process.env['GROUP_PROTOCOL'] ?? 'classic',
      sessionTimeoutMs: 30_000,
      maxWaitMs: 100,
      partitionMaxBytes: 4 << 20,
      onBatch: async (messages: readonly any[]) => {
        for (const { partition, offset, key, value, headers } of messages) {
          onRead({ partition, offset: Number(offset), key, value, headers });
        }
      },
    });
    let asked: number | undefined;
    return {
      owned: () => consumer.metadata.getAssignment()[topic]?.length ?? 0,
      // It commits what it has handed out; what is asked for is set once it is gone.
      async commit(offset) {
        asked = offset;
      },
      async close() {
        await consumer.close();
        if (asked !== undefined) await commit(run, groupId, topic, [asked]);
      },
    };
  },
  commit,
  async committed(run, groupId, name, partitions) {
    const { topicId } = await metadataOf(run, name);
    const partitionIndexes = Array.from({ length: partitions }, (_, index) => index);
    const { groups } = await ask(run, 'OFFSET_FETCH', {
      groups: [{ groupId, topics: [{ name, topicId, partitionIndexes }] }],
      requireStable: true,
    });
    const found = groups[0].topics[0].partitions;
    return partitionIndexes.map((index) =>
      Number(found.find(({ partitionIndex }: any) => partitionIndex === index).committedOffset),
    );
  },
  async delete(run, name) {
    await ask(run, 'DELETE_TOPICS', { topics: [{ name, topicId: null }] });
  },
  async describeConfig(run, resourceName, setting) {
    const resources = [{ resourceType: TOPIC, resourceName, configurationKeys: [setting] }];
    const { results } = await ask(run, 'DESCRIBE_CONFIGS', { resources, includeSynonyms: false });
    return results[0].configs[0].value;
  },
  async offsetAt(run, name, time) {
    const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: BigInt(time) }];
    const { topics } = await ask(run, 'LIST_OFFSETS', {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name, partitions }],
    });
    assert.equal(topics[0].name, name);
    return Number(topics[0].partitions[0].offset);
  },
});
