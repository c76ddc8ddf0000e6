/** The conformance scenarios through kafkajs. */
import assert from 'node:assert/strict';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import * as kafkajs from 'kafkajs';
import type { Admin, Consumer, KafkaMessage, Message } from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';
import snappy from 'snappy';
import {
  assertPerKeyOrder,
  compressibleValues,
  eventually,
  main,
  type Run,
  range,
  security,
  tlsFiles,
} from './scenario-runner.ts';

const { CompressionCodecs, CompressionTypes, Kafka, Partitioners, logLevel } = kafkajs.default ?? kafkajs;

interface Encoder {
  readonly buffer: Buffer;
}

// kafkajs has only gzip built in; the others plug in like this in the field.
CompressionCodecs[CompressionTypes.Snappy] = () => ({
  compress: async (encoder: Encoder) => snappy.compressSync(encoder.buffer),
  decompress: async (buffer: Buffer) => snappy.uncompressSync(buffer) as Buffer,
});
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async (encoder: Encoder) => compressFrame(encoder.buffer),
  decompress: async (buffer: Buffer) => decompressFrame(buffer),
});
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async (encoder: Encoder) => zstdCompressSync(encoder.buffer),
  decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
});

interface Read {
  readonly partition: number;
  readonly message: KafkaMessage;
}

/** Anew each time: kafkajs keeps the password in the options that it was given. */
function secured(): Partial<kafkajs.KafkaConfig> {
  const ssl = tlsFiles();
  const { mechanism, username = '', password = '' } = security ?? {};
  return {
    ...(ssl && { ssl }),
    ...(mechanism && { sasl: { mechanism: mechanism.toLowerCase() as 'scram-sha-512', username, password } }),
  };
}

function client({ bootstrap }: Run) {
  return new Kafka({
    clientId: 'conformance',
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    // Its own limits are for an idle machine: a second for a connection.
    connectionTimeout: 30_000,
    retry: { retries: 10 },
    ...secured(),
  });
}

async function withAdmin<T>(run: Run, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = client(run).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

async function createTopic(
  run: Run,
  topic: string,
  numPartitions = 1,
  configs: Record<string, string> = {},
): Promise<boolean> {
  const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
  return withAdmin(run, (admin) =>
    admin.createTopics({ topics: [{ topic, numPartitions, configEntries }], waitForLeaders: true }),
  );
}

async function produce(
  run: Run,
  topic: string,
  messages: Message[],
  options: { compression?: kafkajs.CompressionTypes; idempotent?: boolean } = {},
) {
  const producer = client(run).producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    ...(options.idempotent === undefined ? {} : { idempotent: options.idempotent, maxInFlightRequests: 1 }),
  });
  await producer.connect();
  const compression = options.compression ?? CompressionTypes.None;
  try {
    return await producer.send({ topic, messages, acks: -1, compression });
  } finally {
    await producer.disconnect();
  }
}

async function startConsumer(
  run: Run,
  groupId: string,
  topic: string,
  onRead: (read: Read) => void,
  autoCommit = false,
): Promise<Consumer> {
  const consumer = client(run).consumer({
    groupId,
    sessionTimeout: 30_000,
    heartbeatInterval: 500,
    maxWaitTimeInMs: 100,
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ autoCommit, eachMessage: async ({ partition, message }) => onRead({ partition, message }) });
  return consumer;
}

/** Reads a topic from its start until `count` records have come. */
async function readTopic(run: Run, topic: string, count: number): Promise<Read[]> {
  const reads: Read[] = [];
  const consumer = await startConsumer(run, `${topic}-reader-${Math.random()}`, topic, (read) => reads.push(read));
  try {
    await eventually(`${count} records of ${topic}`, () => (reads.length >= count ? true : undefined));
  } finally {
    await consumer.disconnect();
  }
  assert.equal(reads.length, count);
  return reads;
}

const text = (buffer: Buffer | null | undefined) =>
  buffer === null || buffer === undefined ? null : buffer.toString();

function compression(codec: kafkajs.CompressionTypes, name: string) {
  return async (run: Run) => {
    const topic = `${run.prefix}-${name}`;
    const values = compressibleValues(200);
    await createTopic(run, topic);
    await produce(
      run,
      topic,
      values.map((value) => ({ value })),
      { compression: codec },
    );
    const reads = await readTopic(run, topic, values.length);
    assert.deepEqual(
      reads.map(({ message }) => text(message.value)),
      values,
    );
    return '200 records';
  };
}

await main({
  run: {
    'create-topics': async (run) => {
      const [a, b] = [`${run.prefix}-a`, `${run.prefix}-b`];
      assert.equal(await createTopic(run, a), true);
      assert.equal(await createTopic(run, b, 3, { 'max.message.bytes': '4194304' }), true);
      assert.equal(await createTopic(run, a), false, 'an existing topic');
      const { topics } = await withAdmin(run, (admin) => admin.fetchTopicMetadata({ topics: [a, b] }));
      const counts = new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
      assert.deepEqual([counts.get(a), counts.get(b)], [1, 3]);
      return 'two topics';
    },
    'keyed-and-headed-records': async (run) => {
      const topic = `${run.prefix}-a`;
      const messages = range(10).map((index) => ({
        key: `key-${index}`,
        value: `value-${index}`,
        headers: { first: `h${index}`, empty: '' },
      }));
      await produce(run, topic, messages);
      const reads = await readTopic(run, topic, 10);
      const seen = reads.map(({ message: { offset, key, value, headers } }) => ({
        offset,
        key: text(key),
        value: text(value),
        headers: { first: headers?.['first']?.toString(), empty: headers?.['empty']?.toString() },
      }));
      assert.deepEqual(
        seen,
        messages.map((message, index) => ({ offset: String(index), ...message })),
      );
      return '10 records';
    },
    'compression-gzip': compression(CompressionTypes.GZIP, 'gzip'),
    'compression-snappy': compression(CompressionTypes.Snappy, 'snappy'),
    'compression-lz4': compression(CompressionTypes.LZ4, 'lz4'),
    'compression-zstd': compression(CompressionTypes.ZSTD, 'zstd'),
    'several-partitions': async (run) => {
      const topic = `${run.prefix}-b`;
      const messages = range(300).map((index) => ({ key: `k${index % 30}`, value: String(index) }));
      await produce(run, topic, messages);
      const reads = await readTopic(run, topic, 300);
      const records = reads.map(({ partition, message }) => ({
        partition,
        key: text(message.key) ?? '',
        value: text(message.value) ?? '',
      }));
      assertPerKeyOrder(records, messages);
      for (const [key, ofKey] of Map.groupBy(records, ({ key }) => key)) {
        assert.equal(new Set(ofKey.map(({ partition }) => partition)).size, 1, `partitions of ${key}`);
      }
      assert.equal(new Set(records.map(({ partition }) => partition)).size, 3);
      return '300 records on 3 partitions';
    },
    'group-of-two': groupOfTwo,
    'commit-and-resume': commitAndResume,
    'seek-by-time': async (run) => {
      const topic = `${run.prefix}-time`;
      const start = Date.now() - 60_000;
      await createTopic(run, topic);
      await produce(
        run,
        topic,
        range(10).map((index) => ({ value: String(index), timestamp: String(start + index * 1000) })),
      );
      const offsetAt = (time: number) =>
        withAdmin(run, async (admin) => (await admin.fetchTopicOffsetsByTimestamp(topic, time))[0]?.offset);
      assert.equal(await offsetAt(start + 5000), '5');
      assert.equal(await offsetAt(start + 4001), '5');
      assert.equal(await offsetAt(start + 10_000), '10', 'after the last: the end');
      const reads: Read[] = [];
      const consumer = await startConsumer(run, `${topic}-group`, topic, (read) => reads.push(read));
      try {
        await eventually('all records', () => (reads.length >= 10 ? true : undefined));
        reads.length = 0;
        consumer.seek({ topic, partition: 0, offset: '5' });
        await eventually('those from offset 5 on again', () => (reads.length >= 5 ? true : undefined));
        assert.deepEqual(
          reads.map(({ message }) => [message.offset, text(message.value)]),
          range(5).map((index) => [String(5 + index), String(5 + index)]),
        );
      } finally {
        await consumer.disconnect();
      }
      return 'offset 5';
    },
    'empty-and-large-records': async (run) => {
      const topic = `${run.prefix}-sizes`;
      await createTopic(run, topic, 1, { 'max.message.bytes': '4194304' });
      const large = Buffer.alloc(1 << 20, 'x');
      const messages: Message[] = [
        { key: 'a', value: Buffer.alloc(0) },
        { key: 'b', value: null },
        { key: '', value: 'empty key' },
        { key: 'd', value: large },
      ];
      for (const message of messages) await produce(run, topic, [message]);
      const reads = await readTopic(run, topic, 4);
      assert.deepEqual(
        reads.map(({ message }) => [text(message.key), text(message.value)]),
        [
          ['a', ''],
          ['b', null],
          ['', 'empty key'],
          ['d', large.toString()],
        ],
      );
      return 'empty, null and 1 MiB';
    },
    'describe-and-delete': async (run) => {
      return withAdmin(run, async (admin) => {
        const { resources } = await admin.describeConfigs({
          includeSynonyms: false,
          resources: [{ type: 2 as kafkajs.ConfigResourceTypes, name: `${run.prefix}-b` }],
        });
        const entry = resources[0]?.configEntries.find(({ configName }) => configName === 'max.message.bytes');
        assert.equal(entry?.configValue, '4194304');
        assert.equal(entry.isDefault, false);
        const { groups } = await admin.describeGroups([`${run.prefix}-resume-group`]);
        assert.equal(groups[0]?.state, 'Empty');
        const doomed = `${run.prefix}-doomed`;
        await createTopic(run, doomed);
        assert((await admin.listTopics()).includes(doomed));
        await admin.deleteTopics({ topics: [doomed] });
        await eventually('the topic is gone', async () =>
          (await admin.listTopics()).includes(doomed) ? undefined : true,
        );
        return 'described and deleted';
      });
    },
    'idempotent-produce': async (run) => {
      const topic = `${run.prefix}-idempotent`;
      await createTopic(run, topic);
      const producer = client(run).producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner });
      await producer.connect();
      for (const batch of range(50)) {
        await producer.send({
          topic,
          acks: -1,
          messages: range(10).map((index) => ({ value: String(batch * 10 + index) })),
        });
      }
      await producer.disconnect();
      const reads = await readTopic(run, topic, 500);
      assert.deepEqual(
        reads.map(({ message }) => text(message.value)),
        range(500).map(String),
      );
      return '500 records';
    },
    'before-kill': async (run) => {
      const topic = `${run.prefix}-durable`;
      await createTopic(run, topic, 2);
      for (const batch of range(10)) {
        await produce(
          run,
          topic,
          range(100).map((index) => ({ value: String(batch * 100 + index), partition: index % 2 })),
        );
      }
      await withAdmin(run, (admin) =>
        admin.setOffsets({
          groupId: `${topic}-group`,
          topic,
          partitions: [
            { partition: 0, offset: '123' },
            { partition: 1, offset: '45' },
          ],
        }),
      );
      return '1000 records, two offsets';
    },
  },
  verify: {
    'after-kill': async (run) => {
      const topic = `${run.prefix}-durable`;
      const reads = await readTopic(run, topic, 1000);
      for (const partition of [0, 1]) {
        const values = reads.filter((read) => read.partition === partition).map(({ message }) => text(message.value));
        assert.deepEqual(
          values,
          range(1000)
            .filter((index) => index % 2 === partition)
            .map(String),
        );
      }
      const [committed] = await withAdmin(run, (admin) =>
        admin.fetchOffsets({ groupId: `${topic}-group`, topics: [topic] }),
      );
      const offsets = committed?.partitions.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => offset);
      assert.deepEqual(offsets, ['123', '45']);
      await produce(
        run,
        topic,
        range(10).map((index) => ({ value: `after-${index}`, partition: 0 })),
      );
      assert.equal((await readTopic(run, topic, 1010)).length, 1010);
      return '1000 records, two offsets';
    },
  },
});

async function groupOfTwo(run: Run): Promise<string> {
  const topic = `${run.prefix}-group`;
  const values = range(100).map(String);
  await createTopic(run, topic, 4);
  await produce(
    run,
    topic,
    values.map((value, index) => ({ value, partition: index % 4 })),
  );
  const seen = new Set<string>();
  const owned = [0, 0];
  const members: Consumer[] = [];
  for (const index of [0, 1]) {
    const consumer = client(run).consumer({
      groupId: `${topic}-members`,
      sessionTimeout: 30_000,
      heartbeatInterval: 300,
      maxWaitTimeInMs: 100,
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      owned[index] = payload.memberAssignment[topic]?.length ?? 0;
    });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void seen.add(text(message.value) ?? '') });
    members.push(consumer);
  }
  await eventually('both members own two partitions', () => (owned[0] === 2 && owned[1] === 2 ? true : undefined));
  await members[0]?.disconnect();
  await eventually('the second member owns all', () => (owned[1] === 4 ? true : undefined));
  await eventually('every record', () => (seen.size === values.length ? true : undefined));
  await members[1]?.disconnect();
  return '2 + 2 partitions, then 4';
}

async function commitAndResume(run: Run): Promise<string> {
  const topic = `${run.prefix}-resume`;
  const groupId = `${topic}-group`;
  await createTopic(run, topic);
  await produce(
    run,
    topic,
    range(100).map((index) => ({ value: String(index) })),
  );
  let read = 0;
  const first = await startConsumer(run, groupId, topic, () => read++);
  await eventually('60 records', () => (read >= 60 ? true : undefined));
  await first.commitOffsets([{ topic, partition: 0, offset: '60' }]);
  await first.disconnect();
  const [committed] = await withAdmin(run, (admin) => admin.fetchOffsets({ groupId, topics: [topic] }));
  assert.equal(committed?.partitions[0]?.offset, '60');
  const rest: string[] = [];
  const second = await startConsumer(run, groupId, topic, ({ message }) => rest.push(message.offset));
  await eventually('40 records', () => (rest.length >= 40 ? true : undefined));
  await second.disconnect();
  assert.deepEqual(
    rest,
    range(40).map((index) => String(60 + index)),
  );
  return 'resumed at 60';
}
