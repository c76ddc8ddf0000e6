/** The conformance scenarios through no-kafka 3.4, which speaks as Kafka 0.9 did, and lies in the folder WALKA_FORMER. */
import { type Codec, type FormerMessage, loadFrom, runScenarios } from './scenarios.ts';
import { eventually, type Run } from '../node/scenario-runner.ts';

const {
  COMPRESSION_GZIP,
  COMPRESSION_NONE,
  COMPRESSION_SNAPPY,
  EARLIEST_OFFSET,
  GroupConsumer,
  HashCRC32Partitioner,
  Producer,
} = loadFrom('WALKA_FORMER', 'no-kafka');

const CODECS: Partial<Record<Codec, number>> = {
  none: COMPRESSION_NONE,
  gzip: COMPRESSION_GZIP,
  snappy: COMPRESSION_SNAPPY,
};
const silent = { logger: { logLevel: 0 } };

/** Asking for a topic makes it; for what it was not told at once this client does not ask again. */
function partitionsOf({ client }: any, topic: string): Promise<number> {
  return eventually(topic, async () => {
    await client.updateMetadata([topic]);
    return (await client.getTopicPartitions(topic)).length || undefined;
  });
}

async function produce(run: Run, topic: string, messages: readonly FormerMessage[], codec: Codec): Promise<void> {
  const producer = new Producer({
    ...silent,
    connectionString: run.bootstrap,
    requiredAcks: -1,
    partitioner: new HashCRC32Partitioner(),
  });
  await producer.init();
  await partitionsOf(producer, topic);
  const asked = messages.map(({ key, value, partition }) => ({ topic, partition, message: { key, value } }));
  const refused = (await producer.send(asked, { codec: CODECS[codec] })).find(({ error }: any) => error);
  await producer.end();
  if (refused !== undefined) throw refused.error;
}

async function member(run: Run, groupId: string, topic: string, onRead: (read: any, partition: number) => void) {
  const consumer = new GroupConsumer({
    ...silent,
    connectionString: run.bootstrap,
    groupId,
    startingOffset: EARLIEST_OFFSET,
    sessionTimeout: 30_000,
    heartbeatTimeout: 300,
    idleTimeout: 50,
    maxWaitTime: 100,
    maxBytes: 4 << 20,
  });
  const handler = async (reads: readonly any[], _: string, partition: number) => {
    for (const read of reads) onRead(read, partition);
  };
  await consumer.init([{ subscriptions: [topic], handler }]);
  return consumer;
}

const owned = (consumer: any): number => Object.keys(consumer.subscriptions).length;

/** It takes the offset of what was read, and commits the next. */
const commits = (topic: string, offsets: readonly number[]): object[] =>
  offsets.map((offset, partition) => ({ topic, partition, offset: offset - 1, metadata: '' }));

async function asMember<T>(run: Run, group: string, topic: string, use: (consumer: any) => Promise<T>): Promise<T> {
  const consumer = await member(run, group, topic, () => {});
  await eventually('partitions', () => (owned(consumer) > 0 ? true : undefined));
  const result = await use(consumer);
  await consumer.end();
  return result;
}

await runScenarios({
  lacks: {
    'create-topics': 'it makes no topics',
    'compression-lz4': 'it knows gzip and snappy',
    'compression-zstd': 'it knows gzip and snappy',
    'seek-by-time': 'it asks for offsets as Kafka 0.8 gave them',
    'describe-and-delete': 'it deletes no topics',
    'idempotent-produce': 'its records have no sequences',
  },
  hasHeaders: false,
  // The broker makes them, as its settings say.
  create: async () => {},
  async partitionCount({ bootstrap }, topic) {
    const producer = new Producer({ ...silent, connectionString: bootstrap });
    await producer.init();
    const count = await partitionsOf(producer, topic);
    await producer.end();
    return count;
  },
  produce,
  async join(run, groupId, topic, onRead) {
    const consumer = await member(run, groupId, topic, ({ offset, message: { key, value } }, partition) =>
      onRead({ partition, offset, key: key?.toString() ?? null, value: value?.toString() ?? null, headers: {} }),
    );
    return {
      owned: () => owned(consumer),
      commit: async (offset) => void (await consumer.commitOffset(commits(topic, [offset]))),
      close: () => consumer.end(),
    };
  },
  commit: (run, group, topic, offsets) =>
    asMember(run, group, topic, (consumer) => consumer.commitOffset(commits(topic, offsets))),
  committed: (run, group, topic, partitions) =>
    asMember(run, group, topic, async (consumer) => {
      const asked = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
      const found = await consumer.fetchOffset(asked);
      return asked.map(({ partition }) => found.find((one: any) => one.partition === partition).offset);
    }),
});
