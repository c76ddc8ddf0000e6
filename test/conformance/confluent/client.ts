/**
 * The conformance scenarios through @confluentinc/kafka-javascript (librdkafka). The package is compiled into a folder of
 * its own, given by WALKA_CONFLUENT, and its API follows kafkajs.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  assertPerKeyOrder,
  compressibleValues,
  eventually,
  main,
  type Run,
  range,
  security,
} from '../node/scenario-runner.ts';

const folder = process.env['WALKA_CONFLUENT'];
assert(folder !== undefined, 'WALKA_CONFLUENT names the folder that the package is installed in');
const require = createRequire(join(folder, 'package.json'));
const { KafkaJS } = require('@confluentinc/kafka-javascript');
const { Kafka, logLevel } = KafkaJS;

interface Message {
  readonly key?: string | null;
  readonly value: string | null;
  readonly partition?: number;
  readonly timestamp?: string;
  readonly headers?: Record<string, string>;
}

interface Read {
  readonly partition: number;
  readonly offset: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Record<string, string>;
}

const client = ({ bootstrap }: Run) =>
  new Kafka({ ...security?.librdkafka, kafkaJS: { brokers: [bootstrap], logLevel: logLevel.NOTHING } });

async function withAdmin<T>(run: Run, use: (admin: any) => Promise<T>): Promise<T> {
  const admin = client(run).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

function createTopic(
  run: Run,
  topic: string,
  numPartitions = 1,
  configs: Record<string, string> = {},
): Promise<boolean> {
  const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
  return withAdmin(run, (admin) =>
    admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1, configEntries }] }),
  );
}

async function produce(
  run: Run,
  topic: string,
  messages: readonly Message[],
  config: Record<string, unknown> = {},
): Promise<void> {
  const producer = client(run).producer({
    'message.max.bytes': 4194304,
    ...config,
    kafkaJS: { acks: -1, ...(config['kafkaJS'] as object | undefined) },
  });
  await producer.connect();
  try {
    // send() changes the messages it is given.
    await producer.send({ topic, messages: messages.map((message) => ({ ...message })) });
  } finally {
    await producer.disconnect();
  }
}

/** With the consumer protocol, the broker says how long a session is. */
const membership =
  process.env['GROUP_PROTOCOL'] === 'consumer'
    ? { kafkaJS: {}, librdkafka: { 'group.protocol': 'consumer' } }
    : { kafkaJS: { sessionTimeout: 30_000, heartbeatInterval: 300 }, librdkafka: {} };

async function startConsumer(
  run: Run,
  groupId: string,
  topic: string,
  onRead: (read: Read) => void,
  more: object = {},
): Promise<any> {
  const consumer = client(run).consumer({
    kafkaJS: { groupId, fromBeginning: true, autoCommit: false, ...membership.kafkaJS },
    ...membership.librdkafka,
    'fetch.wait.max.ms': 100,
    ...more,
  });
  await consumer.connect();
  await consumer.subscribe({ topic });
  await consumer.run({
    eachMessage: async ({ partition, message }: any) => {
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries(message.headers ?? {})) headers[name] = String(value);
      onRead({
        partition,
        offset: message.offset,
        key: message.key?.toString() ?? null,
        value: message.value?.toString() ?? null,
        headers,
      });
    },
  });
  return consumer;
}

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

function compression(codec: string) {
  return async (run: Run) => {
    const topic = `${run.prefix}-${codec}`;
    const values = compressibleValues(200);
    await createTopic(run, topic);
    await produce(
      run,
      topic,
      values.map((value) => ({ value })),
      { 'compression.codec': codec },
    );
    assert.deepEqual(
      (await readTopic(run, topic, 200)).map(({ value }) => value),
      values,
    );
    return '200 records';
  };
}

async function groupOfTwo(run: Run): Promise<string> {
  const topic = `${run.prefix}-group`;
  await createTopic(run, topic, 4);
  await produce(
    run,
    topic,
    range(100).map((index) => ({ value: String(index), partition: index % 4 })),
  );
  const seen = new Set<string | null>();
  const members = [];
  for (const _ of range(2))
    members.push(await startConsumer(run, `${topic}-members`, topic, ({ value }) => seen.add(value)));
  const owned = () => members.map((member) => member.assignment().length).join();
  await eventually('both members own two partitions', () => (owned() === '2,2' ? true : undefined));
  await members.shift().disconnect();
  await eventually('the second member owns all', () => (owned() === '4' ? true : undefined));
  await eventually('every record', () => (seen.size === 100 ? true : undefined));
  await members[0].disconnect();
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
  assert.equal(committed.partitions[0].offset, '60');
  const rest: string[] = [];
  const second = await startConsumer(run, groupId, topic, ({ offset }) => rest.push(offset));
  await eventually('40 records', () => (rest.length >= 40 ? true : undefined));
  await second.disconnect();
  assert.deepEqual(
    rest,
    range(40).map((index) => String(60 + index)),
  );
  return 'resumed at 60';
}

async function seekByTime(run: Run): Promise<string> {
  const topic = `${run.prefix}-time`;
  const start = Date.now() - 60_000;
  await createTopic(run, topic);
  await produce(
    run,
    topic,
    range(10).map((index) => ({ value: String(index), timestamp: String(start + index * 1000) })),
  );
  const offsetAt = (time: number) =>
    withAdmin(run, async (admin) => (await admin.fetchTopicOffsetsByTimestamp(topic, time))[0].offset);
  assert.equal(await offsetAt(start + 5000), '5');
  assert.equal(await offsetAt(start + 4001), '5');
  const reads: Read[] = [];
  const consumer = await startConsumer(run, `${topic}-group`, topic, (read) => reads.push(read));
  await eventually('the partition', () => (consumer.assignment().length === 1 ? true : undefined));
  consumer.seek({ topic, partition: 0, offset: '5' });
  await eventually('the record at offset 5', () =>
    reads.some(({ offset, value }) => offset === '5' && value === '5') ? true : undefined,
  );
  await consumer.disconnect();
  return 'offset 5';
}

async function afterKill(run: Run): Promise<string> {
  const topic = `${run.prefix}-durable`;
  const reads = await readTopic(run, topic, 1000);
  for (const partition of [0, 1]) {
    const values = reads.filter((read) => read.partition === partition).map(({ value }) => value);
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
  assert.deepEqual(
    committed.partitions.toSorted((a: any, b: any) => a.partition - b.partition).map(({ offset }: any) => offset),
    ['123', '45'],
  );
  await produce(
    run,
    topic,
    range(10).map((index) => ({ value: `after-${index}`, partition: 0 })),
  );
  await readTopic(run, topic, 1010);
  return '1000 records, two offsets';
}

await main({
  run: {
    'create-topics': async (run) => {
      const [a, b] = [`${run.prefix}-a`, `${run.prefix}-b`];
      assert.equal(await createTopic(run, a), true);
      assert.equal(await createTopic(run, b, 3, { 'max.message.bytes': '4194304' }), true);
      assert.equal(await createTopic(run, a), false, 'an existing topic');
      const metadata = await withAdmin(run, (admin) => admin.fetchTopicMetadata({ topics: [a, b] }));
      assert.deepEqual(
        (metadata.topics ?? metadata).map(({ partitions }: any) => partitions.length),
        [1, 3],
      );
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
      const seen = (await readTopic(run, topic, 10)).map(({ offset, key, value, headers }) => ({
        offset,
        key,
        value,
        headers,
      }));
      assert.deepEqual(
        seen,
        messages.map((message, index) => ({ offset: String(index), ...message })),
      );
      return '10 records';
    },
    'compression-gzip': compression('gzip'),
    'compression-snappy': compression('snappy'),
    'compression-lz4': compression('lz4'),
    'compression-zstd': compression('zstd'),
    'several-partitions': async (run) => {
      const topic = `${run.prefix}-b`;
      const messages = range(300).map((index) => ({ key: `k${index % 30}`, value: String(index) }));
      await produce(run, topic, messages);
      const records = (await readTopic(run, topic, 300)).map(({ partition, key, value }) => ({
        partition,
        key: key ?? '',
        value: value ?? '',
      }));
      assertPerKeyOrder(records, messages);
      assert.equal(new Set(records.map(({ partition }) => partition)).size, 3);
      return '300 records on 3 partitions';
    },
    'group-of-two': groupOfTwo,
    'commit-and-resume': commitAndResume,
    'seek-by-time': seekByTime,
    'empty-and-large-records': async (run) => {
      const topic = `${run.prefix}-sizes`;
      await createTopic(run, topic, 1, { 'max.message.bytes': '4194304' });
      const large = 'x'.repeat(1 << 20);
      const messages: Message[] = [
        { key: 'a', value: '' },
        { key: 'b', value: null },
        { key: '', value: 'empty key' },
        { key: 'd', value: large },
      ];
      for (const message of messages) await produce(run, topic, [message]);
      const reads = await readTopic(run, topic, 4);
      assert.deepEqual(
        reads.map(({ key, value }) => ({ key, value })),
        messages,
      );
      return 'empty, null and 1 MiB';
    },
    'describe-and-delete': (run) =>
      withAdmin(run, async (admin) => {
        const { groups } = await admin.describeGroups([`${run.prefix}-resume-group`]);
        assert.equal(groups[0].state, KafkaJS.ConsumerGroupStates.EMPTY);
        const doomed = `${run.prefix}-doomed`;
        await createTopic(run, doomed);
        assert((await admin.listTopics()).includes(doomed));
        await admin.deleteTopics({ topics: [doomed] });
        await eventually('the topic is gone', async () =>
          (await admin.listTopics()).includes(doomed) ? undefined : true,
        );
        return 'described a group (this client describes no configurations), deleted a topic';
      }),
    'idempotent-produce': async (run) => {
      const topic = `${run.prefix}-idempotent`;
      await createTopic(run, topic);
      const messages = range(500).map((index) => ({ value: String(index) }));
      await produce(run, topic, messages, { 'batch.num.messages': 10, kafkaJS: { idempotent: true } });
      assert.deepEqual(
        (await readTopic(run, topic, 500)).map(({ value }) => value),
        range(500).map(String),
      );
      return '500 records';
    },
    'before-kill': async (run) => {
      const topic = `${run.prefix}-durable`;
      await createTopic(run, topic, 2);
      await produce(
        run,
        topic,
        range(1000).map((index) => ({ value: String(index), partition: index % 2 })),
      );
      const consumer = client(run).consumer({ kafkaJS: { groupId: `${topic}-group`, autoCommit: false } });
      await consumer.connect();
      await consumer.commitOffsets([
        { topic, partition: 0, offset: '123' },
        { topic, partition: 1, offset: '45' },
      ]);
      await consumer.disconnect();
      return '1000 records, two offsets';
    },
  },
  verify: { 'after-kill': afterKill },
});
