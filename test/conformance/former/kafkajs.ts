/** The conformance scenarios through the kafkajs 1.x in the folder WALKA_FORMER, whose name there is WALKA_KAFKAJS. */
import assert from 'node:assert/strict';
import { compressFrame, decompressFrame } from 'lz4-napi';
import snappy from 'snappy';
import { type Codec, type FormerMessage, loadFrom, runScenarios } from './scenarios.ts';
import { type Run, security, tlsFiles } from '../node/scenario-runner.ts';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = loadFrom(
  'WALKA_FORMER',
  process.env['WALKA_KAFKAJS'] ?? '',
);

interface Encoder {
  readonly buffer: Buffer;
}

// Only gzip is built in.
CompressionCodecs[CompressionTypes.Snappy] = () => ({
  compress: async (encoder: Encoder) => snappy.compressSync(encoder.buffer),
  decompress: async (buffer: Buffer) => snappy.uncompressSync(buffer),
});
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async (encoder: Encoder) => compressFrame(encoder.buffer),
  decompress: async (buffer: Buffer) => decompressFrame(buffer),
});
const TYPES: Partial<Record<Codec, string>> = { none: 'None', gzip: 'GZIP', snappy: 'Snappy', lz4: 'LZ4' };

function client({ bootstrap }: Run): any {
  const ssl = tlsFiles();
  const { mechanism, username, password } = security ?? {};
  return new Kafka({
    clientId: 'conformance',
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    // Its own limit is a second, which is for an idle machine.
    connectionTimeout: 30_000,
    // These releases would name the address to TLS, which Node refuses by now.
    ...(ssl && { ssl: { ...ssl, servername: 'localhost' } }),
    ...(mechanism && { sasl: { mechanism: mechanism.toLowerCase(), username, password } }),
  });
}

async function using<T>(opened: any, use: (opened: any) => Promise<T>): Promise<T> {
  await opened.connect();
  try {
    return await use(opened);
  } finally {
    await opened.disconnect();
  }
}

const withAdmin = <T>(run: Run, use: (admin: any) => Promise<T>): Promise<T> => using(client(run).admin(), use);

/** The first of these releases takes no key only as null. */
function sent({ key = null, timestamp, ...message }: FormerMessage): object {
  return { ...message, key, ...(timestamp !== undefined && { timestamp: String(timestamp) }) };
}

function produce(run: Run, topic: string, messages: readonly FormerMessage[], codec: Codec, options = {}) {
  const compression = CompressionTypes[TYPES[codec] ?? ''];
  return using(client(run).producer(options), (producer) =>
    producer.send({ topic, acks: -1, compression, messages: messages.map(sent) }),
  ).then(() => {});
}

const isFirst = client({ bootstrap: 'nobody:1', prefix: '' }).admin().fetchTopicOffsets === undefined;

await runScenarios({
  lacks: {
    'seek-by-time': 'offsets by time came with 1.13',
    'compression-zstd': 'it had none, or marked what it compressed with it as not compressed',
    ...(isFirst && { 'idempotent-produce': 'idempotent producers came with 1.6' }),
  },
  hasHeaders: true,
  async create(run, topic, numPartitions, configs) {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    const isNew = await withAdmin(run, (admin) =>
      admin.createTopics({ topics: [{ topic, numPartitions, configEntries }], waitForLeaders: true }),
    );
    assert(isNew, `${topic} exists`);
  },
  partitionCount: (run, topic) =>
    withAdmin(run, async (admin) => {
      const { topics } = await admin.getTopicMetadata({ topics: [topic] });
      return topics[0].partitions.length;
    }),
  produce,
  produceIdempotent: (run, topic, messages) => produce(run, topic, messages, 'none', { idempotent: true }),
  async join(run, groupId, topic, onRead) {
    const consumer = client(run).consumer({
      groupId,
      sessionTimeout: 30_000,
      heartbeatInterval: 300,
      maxWaitTimeInMs: 100,
    });
    let owned = 0;
    consumer.on(
      consumer.events.GROUP_JOIN,
      ({ payload }: any) => (owned = payload.memberAssignment[topic]?.length ?? 0),
    );
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }: any) => {
        const { offset, key, value, headers = {} } = message;
        const texts = Object.entries(headers).map(([name, of]) => [name, String(of)]);
        onRead({
          partition,
          offset: Number(offset),
          key: key?.toString() ?? null,
          value: value?.toString() ?? null,
          headers: Object.fromEntries(texts),
        });
      },
    });
    let asked: number | null = null;
    return {
      owned: () => owned,
      // These releases commit for members by themselves; what is asked for is set once there are none.
      async commit(offset) {
        asked = offset;
      },
      async close() {
        await consumer.disconnect();
        const partitions = [{ partition: 0, offset: String(asked) }];
        if (asked !== null) await withAdmin(run, (admin) => admin.setOffsets({ groupId, topic, partitions }));
      },
    };
  },
  commit: (run, groupId, topic, offsets) =>
    withAdmin(run, (admin) =>
      admin.setOffsets({
        groupId,
        topic,
        partitions: offsets.map((offset, partition) => ({ partition, offset: String(offset) })),
      }),
    ),
  committed: (run, groupId, topic, partitions) =>
    withAdmin(run, async (admin) => {
      const all = await admin.fetchOffsets({ groupId, topic });
      return Array.from({ length: partitions }, (_, index) =>
        Number(all.find(({ partition }: any) => partition === index).offset),
      );
    }),
  delete: (run, topic) => withAdmin(run, (admin) => admin.deleteTopics({ topics: [topic] })),
  describeConfig: (run, name, setting) =>
    withAdmin(run, async (admin) => {
      const { resources } = await admin.describeConfigs({ resources: [{ type: 2, name, configNames: [setting] }] });
      return resources[0].configEntries[0].configValue;
    }),
});
