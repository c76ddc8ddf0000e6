/** The conformance scenarios through @platformatic/kafka. */
import assert from 'node:assert/strict';
import {
  Admin,
  type CompressionAlgorithmValue,
  Consumer,
  type Message,
  type MessageToProduce,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka';
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

type TextMessage = Message<string, string, string, string>;
type TextConsumer = Consumer<string, string, string, string>;

function secured() {
  const tls = tlsFiles();
  const { mechanism, username = '', password = '' } = security ?? {};
  return { ...(tls && { tls }), ...(mechanism && { sasl: { mechanism, username, password } }) };
}

const base = ({ bootstrap }: Run) => ({
  clientId: 'conformance',
  bootstrapBrokers: [bootstrap],
  retries: 5,
  retryDelay: 100,
  // Its own limits, 5 s, are for an idle machine.
  connectTimeout: 30_000,
  timeout: 30_000,
  ...secured(),
});

async function withAdmin<T>(run: Run, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin(base(run));
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}

async function createTopic(run: Run, topic: string, partitions = 1, configs: Record<string, string> = {}) {
  const entries = Object.entries(configs).map(([name, value]) => ({ name, value }));
  return withAdmin(run, (admin) => admin.createTopics({ topics: [topic], partitions, replicas: 1, configs: entries }));
}

interface ProduceOptions {
  readonly compression?: CompressionAlgorithmValue;
  readonly idempotent?: boolean;
}

async function withProducer<T>(
  run: Run,
  options: ProduceOptions,
  use: (producer: Producer<string, string, string, string>) => Promise<T>,
): Promise<T> {
  const producer = new Producer({ ...base(run), serializers: stringSerializers, acks: -1, ...options });
  try {
    return await use(producer);
  } finally {
    await producer.close();
  }
}

function produce(run: Run, messages: MessageToProduce<string, string, string, string>[], options: ProduceOptions = {}) {
  return withProducer(run, options, (producer) => producer.send({ messages }));
}

function newConsumer(run: Run, groupId: string): TextConsumer {
  return new Consumer({
    ...base(run),
    groupId,
    deserializers: stringDeserializers,
    sessionTimeout: 30_000,
    rebalanceTimeout: 30_000,
    heartbeatInterval: 300,
    maxWaitTime: 100,
    autocommit: false,
  });
}

async function readTopic(run: Run, topic: string, count: number): Promise<TextMessage[]> {
  const consumer = newConsumer(run, `${topic}-reader-${Math.random()}`);
  const messages: TextMessage[] = [];
  try {
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest' });
    stream.on('data', (message) => messages.push(message));
    await eventually(`${count} records of ${topic}`, () => (messages.length >= count ? true : undefined));
    await stream.close();
  } finally {
    await consumer.close(true);
  }
  assert.equal(messages.length, count);
  return messages;
}

function compression(codec: CompressionAlgorithmValue) {
  return async (run: Run) => {
    const topic = `${run.prefix}-${codec}`;
    await createTopic(run, topic);
    const values = compressibleValues(200);
    await produce(
      run,
      values.map((value) => ({ topic, value })),
      { compression: codec },
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
    range(100).map((index) => ({ topic, partition: index % 4, value: String(index) })),
  );
  const seen = new Set<string>();
  const members = [newConsumer(run, `${topic}-members`), newConsumer(run, `${topic}-members`)] as const;
  const owned = (member: TextConsumer) =>
    member.assignments?.find((assignment) => assignment.topic === topic)?.partitions.length ?? 0;
  for (const member of members) {
    const stream = await member.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' });
    stream.on('data', ({ value }) => seen.add(value));
  }
  await eventually('both members own two partitions', () =>
    members.every((member) => owned(member) === 2) ? true : undefined,
  );
  await members[0].close(true);
  await eventually('the second member owns all', () => (owned(members[1]) === 4 ? true : undefined));
  await eventually('every record', () => (seen.size === 100 ? true : undefined));
  await members[1].close(true);
  return '2 + 2 partitions, then 4';
}

async function commitAndResume(run: Run): Promise<string> {
  const topic = `${run.prefix}-resume`;
  const groupId = `${topic}-group`;
  await createTopic(run, topic);
  await produce(
    run,
    range(100).map((index) => ({ topic, value: String(index) })),
  );
  const first = newConsumer(run, groupId);
  let read = 0;
  const stream = await first.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' });
  stream.on('data', () => read++);
  await eventually('60 records', () => (read >= 60 ? true : undefined));
  await first.commit({ offsets: [{ topic, partition: 0, offset: 60n, leaderEpoch: 0 }] });
  await first.close(true);
  const second = newConsumer(run, groupId);
  const rest: bigint[] = [];
  const resumed = await second.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' });
  const committed = await second.listCommittedOffsets({ topics: [{ topic, partitions: [0] }] });
  assert.deepEqual(committed.get(topic), [60n]);
  resumed.on('data', ({ offset }) => rest.push(offset));
  await eventually('40 records', () => (rest.length >= 40 ? true : undefined));
  await second.close(true);
  assert.deepEqual(
    rest,
    range(40).map((index) => BigInt(60 + index)),
  );
  return 'resumed at 60';
}

async function seekByTime(run: Run): Promise<string> {
  const topic = `${run.prefix}-time`;
  const start = BigInt(Date.now() - 60_000);
  await createTopic(run, topic);
  await produce(
    run,
    range(10).map((index) => ({ topic, value: String(index), timestamp: start + BigInt(index) * 1000n })),
  );
  const consumer = newConsumer(run, `${topic}-group`);
  const offsetAt = async (timestamp: bigint) =>
    (await consumer.listOffsets({ topics: [topic], timestamp })).get(topic)?.[0];
  assert.equal(await offsetAt(start + 5000n), 5n);
  assert.equal(await offsetAt(start + 4001n), 5n);
  assert.equal(await offsetAt(start + 10_000n), -1n, 'after the last: none');
  const values: string[] = [];
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'manual',
    offsets: [{ topic, partition: 0, offset: 5n }],
  });
  stream.on('data', ({ value }) => values.push(value));
  await eventually('five records', () => (values.length >= 5 ? true : undefined));
  await consumer.close(true);
  assert.deepEqual(values, ['5', '6', '7', '8', '9']);
  return 'offset 5';
}

await main({
  run: {
    'create-topics': async (run) => {
      const [a, b] = [`${run.prefix}-a`, `${run.prefix}-b`];
      await createTopic(run, a);
      await createTopic(run, b, 3, { 'max.message.bytes': '4194304' });
      await assert.rejects(createTopic(run, a));
      await withAdmin(run, async (admin) => {
        const { topics } = await admin.metadata({ topics: [a, b], forceUpdate: true });
        assert.deepEqual([topics.get(a)?.partitionsCount, topics.get(b)?.partitionsCount], [1, 3]);
      });
      return 'two topics';
    },
    'keyed-and-headed-records': async (run) => {
      const topic = `${run.prefix}-a`;
      await produce(
        run,
        range(10).map((index) => ({
          topic,
          key: `key-${index}`,
          value: `value-${index}`,
          headers: { first: `h${index}`, empty: '' },
        })),
      );
      const seen = (await readTopic(run, topic, 10)).map(({ offset, key, value, headers }) => [
        offset,
        key,
        value,
        [...headers],
      ]);
      const wanted = range(10).map((index) => [
        BigInt(index),
        `key-${index}`,
        `value-${index}`,
        [
          ['first', `h${index}`],
          ['empty', ''],
        ],
      ]);
      assert.deepEqual(seen, wanted);
      return '10 records';
    },
    'compression-gzip': compression('gzip'),
    'compression-snappy': compression('snappy'),
    'compression-lz4': compression('lz4'),
    'compression-zstd': compression('zstd'),
    'several-partitions': async (run) => {
      const topic = `${run.prefix}-b`;
      const messages = range(300).map((index) => ({ topic, key: `k${index % 30}`, value: String(index) }));
      await produce(run, messages);
      const reads = await readTopic(run, topic, 300);
      assertPerKeyOrder(reads, messages);
      for (const [key, ofKey] of Map.groupBy(reads, ({ key }) => key)) {
        assert.equal(new Set(ofKey.map(({ partition }) => partition)).size, 1, `partitions of ${key}`);
      }
      assert.equal(new Set(reads.map(({ partition }) => partition)).size, 3);
      return '300 records on 3 partitions';
    },
    'group-of-two': groupOfTwo,
    'commit-and-resume': commitAndResume,
    'seek-by-time': seekByTime,
    'empty-and-large-records': async (run) => {
      const topic = `${run.prefix}-sizes`;
      await createTopic(run, topic, 1, { 'max.message.bytes': '4194304' });
      const large = 'x'.repeat(1 << 20);
      const messages = [
        { topic, key: 'a', value: '' },
        { topic, key: 'b' },
        { topic, key: '', value: 'empty key' },
        { topic, key: 'd', value: large },
      ];
      await withProducer(run, {}, async (producer) => {
        for (const message of messages)
          await producer.send({ messages: [message as MessageToProduce<string, string, string, string>] });
      });
      // This client gives a null as an empty value or the other way round, so only emptiness is compared.
      const reads = (await readTopic(run, topic, 4)).map(({ key, value }) => [key || '', value || '']);
      assert.deepEqual(reads, [
        ['a', ''],
        ['b', ''],
        ['', 'empty key'],
        ['d', large],
      ]);
      return 'empty, null and 1 MiB';
    },
    'describe-and-delete': async (run) => {
      return withAdmin(run, async (admin) => {
        const [described] = await admin.describeConfigs({
          resources: [{ resourceType: 2, resourceName: `${run.prefix}-b`, configurationKeys: ['max.message.bytes'] }],
          includeSynonyms: false,
          includeDocumentation: false,
        });
        const [entry] = described?.configs ?? [];
        assert.deepEqual([entry?.name, entry?.value, entry?.configSource], ['max.message.bytes', '4194304', 1]);
        const groupId = `${run.prefix}-resume-group`;
        assert.equal((await admin.describeGroups({ groups: [groupId] })).get(groupId)?.state as string, 'Empty');
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
      await withProducer(run, { idempotent: true }, async (producer) => {
        for (const batch of range(50)) {
          await producer.send({ messages: range(10).map((index) => ({ topic, value: String(batch * 10 + index) })) });
        }
      });
      assert.deepEqual(
        (await readTopic(run, topic, 500)).map(({ value }) => value),
        range(500).map(String),
      );
      return '500 records';
    },
    'before-kill': async (run) => {
      const topic = `${run.prefix}-durable`;
      await createTopic(run, topic, 2);
      await withProducer(run, {}, async (producer) => {
        for (const batch of range(10)) {
          await producer.send({
            messages: range(100).map((index) => ({ topic, partition: index % 2, value: String(batch * 100 + index) })),
          });
        }
      });
      await withAdmin(run, (admin) =>
        admin.alterConsumerGroupOffsets({
          groupId: `${topic}-group`,
          topics: [
            {
              name: topic,
              partitionOffsets: [
                { partition: 0, offset: 123n },
                { partition: 1, offset: 45n },
              ],
            },
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
        const values = reads.filter((read) => read.partition === partition).map(({ value }) => value);
        assert.deepEqual(
          values,
          range(1000)
            .filter((index) => index % 2 === partition)
            .map(String),
        );
      }
      const [group] = await withAdmin(run, (admin) => admin.listConsumerGroupOffsets({ groups: [`${topic}-group`] }));
      const committed = group?.topics[0]?.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex);
      assert.deepEqual(
        committed?.map(({ committedOffset }) => committedOffset),
        [123n, 45n],
      );
      await produce(
        run,
        range(10).map((index) => ({ topic, partition: 0, value: `after-${index}` })),
      );
      await readTopic(run, topic, 1010);
      return '1000 records, two offsets';
    },
  },
});
