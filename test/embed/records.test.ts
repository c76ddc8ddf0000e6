/** Records written and read without a client, beside real clients. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompressionTypes, Kafka, logLevel, Partitioners } from 'kafkajs';
import { type Broker, startBroker } from '../../src/index.ts';

function kafkaOf(broker: Broker): Kafka {
  return new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 20 } });
}

test('records of all kinds are read as they were produced', async () => {
  await using broker = await startBroker({ topics: [{ name: 'orders', partitions: 1 }] });
  const places = await broker.produce('orders', [
    'text',
    Buffer.from('bytes'),
    { key: 'k', value: { id: 1 }, headers: { trace: 'a', list: ['1', '2'], none: null }, timestamp: 1_700_000_000_000 },
    { key: 7, value: 3.5, timestamp: new Date(1_700_000_000_001) },
    { key: 'k', value: null },
    { key: 'only' },
  ]);
  assert.deepEqual(
    places.map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`),
    ['orders-0@0', 'orders-0@1', 'orders-0@2', 'orders-0@3', 'orders-0@4', 'orders-0@5'],
  );
  const records = await broker.records('orders');
  assert.deepEqual(
    records.map(({ key, value }) => [key, value]),
    [
      [null, 'text'],
      [null, 'bytes'],
      ['k', '{"id":1}'],
      ['7', '3.5'],
      ['k', null],
      ['only', null],
    ],
  );
  const { timestamp, headers } = records[2] ?? assert.fail();
  assert.equal(timestamp, 1_700_000_000_000);
  assert.deepEqual(headers, { trace: 'a', list: '2', none: null });
  assert.equal(records[3]?.timestamp, 1_700_000_000_001);
  const [bytes] = await broker.records('orders', { as: 'bytes', from: 1, limit: 1 });
  assert.deepEqual(bytes?.value, Buffer.from('bytes'));
  const [json] = await broker.records('orders', { as: 'json', from: 2, to: 3 });
  assert.deepEqual(json?.value, { id: 1 });
  await assert.rejects(broker.records('orders', { as: 'json' }), /^SyntaxError: The value of orders-0@0 is no JSON/);
});

test('a client and the program read what the other produced, in every codec', async () => {
  await using broker = await startBroker({ topics: [{ name: 'mixed', partitions: 1 }] });
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    await broker.produce('mixed', { value: compression.repeat(100) }, { compression });
  }
  const kafka = kafkaOf(broker);
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({
    topic: 'mixed',
    compression: CompressionTypes.GZIP,
    messages: [{ key: 'k', value: 'by kafkajs', headers: { h: 'v' } }],
  });
  await producer.disconnect();
  const records = await broker.records('mixed');
  assert.deepEqual(
    records.map(({ value }) => value),
    [...['none', 'gzip', 'snappy', 'lz4', 'zstd'].map((name) => name.repeat(100)), 'by kafkajs'],
  );
  await broker.createTopic('plain');
  await broker.produce('plain', ['one', 'two']);
  const consumer = kafka.consumer({ groupId: 'g' });
  await consumer.connect();
  await consumer.subscribe({ topics: ['plain'], fromBeginning: true });
  const seen: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  await consumer.run({
    eachMessage: async ({ message }) => void (seen.push(String(message.value)) === 2 && resolve()),
  });
  await promise;
  assert.deepEqual(seen, ['one', 'two']);
  await consumer.disconnect();
});

test('a key goes to the partition that clients send it to, records without one go round', async () => {
  await using broker = await startBroker({ topics: [{ name: 'keyed', partitions: 7 }] });
  const keys = Array.from({ length: 40 }, (_, i) => 'x'.repeat(i % 9) + i);
  const producer = kafkaOf(broker).producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic: 'keyed', messages: keys.map((key) => ({ key, value: 'client' })) });
  await producer.disconnect();
  await broker.produce(
    'keyed',
    keys.map((key) => ({ key, value: 'program' })),
  );
  const byKey = new Map<string | null, Set<number>>();
  for (const { key, partition } of await broker.records('keyed')) {
    byKey.set(key, (byKey.get(key) ?? new Set()).add(partition));
  }
  assert.equal(byKey.size, keys.length);
  assert.ok([...byKey.values()].every((partitions) => partitions.size === 1));
  assert.deepEqual(
    (await broker.produce('keyed', ['a', 'b', 'c'])).map(({ partition }) => partition),
    [0, 1, 2],
  );
  const [place] = await broker.produce('keyed', { value: 'd', partition: 6 });
  assert.equal(place?.partition, 6);
  await broker.produce('keyed', 'e');
  assert.deepEqual((await broker.records('keyed', { partition: [0, 1] })).filter(({ key }) => key === null).length, 2);
  await broker.reset();
  assert.equal((await broker.produce('keyed', 'f'))[0]?.partition, 0);
});

test('what is wrong with a record is said in one line', async () => {
  await using broker = await startBroker({
    topics: ['t', { name: 'compacted', configs: { 'cleanup.policy': 'compact' } }],
    config: { 'auto.create.topics.enable': false },
  });
  const fails = (records: unknown, message: string | RegExp, topic = 't') =>
    assert.rejects(broker.produce(topic, records as string), { message });
  await fails(
    [{ values: 'x' }],
    'produce: record 0 has values; a record has key, value, headers, partition, timestamp',
  );
  await fails(['a', 5], 'produce: record 1 is a number; a record is text, bytes, or { key, value, headers, … }');
  await fails({ value: () => 1 }, 'produce: record 0: value is a function, which is neither text, bytes nor JSON');
  await fails({ value: 1n }, /^produce: record 0: value cannot be written as JSON: .*BigInt/);
  await fails({ headers: { a: 1 } }, 'produce: record 0: header a is a number; a header is text, bytes or null');
  await fails({ partition: -1 }, 'produce: record 0: partition is a whole number from 0 on, not -1');
  await fails({ partition: 3 }, 'produce: record 0 is for partition 3, and t has one partition, 0');
  await fails({ timestamp: NaN }, 'produce: record 0: timestamp is a Date or whole milliseconds from 0 on, not NaN');
  await fails('x', 'There is no topic compactet; did you mean compacted?', 'compactet');
  await assert.rejects(broker.produce('compacted', 'without a key'), { codeName: 'INVALID_RECORD' });
  await assert.rejects(broker.produce('t', 'x'.repeat(2_000_000)), { codeName: 'MESSAGE_TOO_LARGE' });
  await assert.rejects(broker.records('T'), { message: 'There is no topic T; did you mean t?' });
  await assert.rejects(
    broker.records('t', { isolation: 'x' as 'read_committed' }),
    /^TypeError: records: isolation is/,
  );
  await assert.rejects(broker.records('t', { partition: 1 }), /t has no partition 1, only 1/);
  assert.deepEqual(await broker.records('t'), []);
});

test('a topic that is not there is made where the settings allow it', async () => {
  await using broker = await startBroker({ config: { 'num.partitions': 2 } });
  await broker.produce('new', ['a', 'b']);
  assert.deepEqual(
    broker.topics().map(({ name, partitions }) => [name, partitions]),
    [['new', 2]],
  );
  await assert.rejects(broker.produce('no spaces', 'x'), { codeName: 'UNKNOWN_TOPIC_OR_PARTITION' });
});

test('records of open and aborted transactions are shown only to who asks for them', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  const producer = kafkaOf(broker).producer({ transactionalId: 'tx', idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const send = async (value: string, end: 'commit' | 'abort' | null): Promise<{ abort(): Promise<void> }> => {
    const transaction = await producer.transaction();
    await transaction.send({ topic: 't', messages: [{ value }] });
    if (end !== null) await transaction[end]();
    return transaction;
  };
  await send('committed', 'commit');
  await send('aborted', 'abort');
  await broker.produce('t', 'plain');
  const open = await send('open', null);
  await broker.produce('t', 'behind');
  const values = async (isolation?: 'read_uncommitted') =>
    (await broker.records('t', { isolation })).map(({ value }) => value);
  assert.deepEqual(await values(), ['committed', 'plain']);
  assert.deepEqual(await values('read_uncommitted'), ['committed', 'aborted', 'plain', 'open', 'behind']);
  const [offsets] = await broker.offsets('t');
  assert.equal(offsets?.stableEnd, 5);
  await open.abort();
  assert.deepEqual(
    (await broker.waitForRecords('t', 3)).map(({ value }) => value),
    ['committed', 'plain', 'behind'],
  );
  await producer.disconnect();
});

test('follow gives what is there and what comes, also to a topic that comes later and anew', async () => {
  await using broker = await startBroker();
  const seen: string[] = [];
  const { promise: halfway, resolve } = Promise.withResolvers<void>();
  const ended = (async () => {
    for await (const { value } of broker.follow('later', { limit: 4 })) {
      seen.push(String(value));
      if (seen.length === 2) resolve();
    }
  })();
  await broker.produce('later', ['a', 'b']);
  await halfway;
  await broker.deleteTopic('later');
  await broker.produce('later', ['c', 'd']);
  await ended;
  assert.deepEqual(seen, ['a', 'b', 'c', 'd']);
  const abort = new AbortController();
  const following = broker.follow('later', { from: 'end', signal: abort.signal }).next();
  abort.abort();
  assert.deepEqual(await following, { value: undefined, done: true });
});

test('reading begins and ends at offsets and times', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  const startMs = 1_700_000_000_000;
  await broker.produce(
    't',
    Array.from({ length: 10 }, (_, i) => ({ value: String(i), timestamp: startMs + i * 1000 })),
  );
  const values = async (options: Parameters<typeof broker.records>[1]) =>
    (await broker.records('t', options)).map(({ value }) => value).join('');
  assert.equal(await values({ from: 7 }), '789');
  assert.equal(await values({ from: 2, to: 5 }), '234');
  assert.equal(await values({ from: new Date(startMs + 7500) }), '89');
  assert.equal(await values({ to: new Date(startMs + 2000) }), '01');
  assert.equal(await values({ from: 'end' }), '');
  assert.equal(await values({ from: 1, limit: 2 }), '12');
  assert.equal(await values({ from: 100 }), '');
  for await (const { value } of broker.follow('t', { from: 8, to: 10 })) assert.match(String(value), /[89]/);
});

test('waitForRecords says what did come', async () => {
  await using broker = await startBroker({ topics: ['orders'] });
  const waiting = broker.waitForRecords('orders', (records) => records.some(({ key }) => key === 'last'));
  await broker.produce('orders', { key: 'first', value: { id: 1 }, headers: { trace: 'x' } });
  await broker.produce('orders', { key: 'last', value: null });
  assert.equal((await waiting).length, 2);
  await assert.rejects(broker.waitForRecords('orders', 3, { timeout: 20 }), {
    message: [
      'waitForRecords: 2 of 3 records came to orders within 20 ms. There are:',
      '  partition 0 offset 0: key "first" value "{\\"id\\":1}" headers trace',
      '  partition 0 offset 1: key "last" value null',
    ].join('\n'),
  });
  await assert.rejects(broker.waitForRecords('order', 1, { timeout: 1 }), {
    message: 'waitForRecords: 0 of 1 records came to order within 1 ms. There is no topic order; did you mean orders?',
  });
  await assert.rejects(
    broker.waitForRecords('orders', () => false, { to: 1 }),
    /did not come to orders before the end/,
  );
  assert.deepEqual(await broker.waitForRecords('orders', 0, { from: 'end' }), []);
});

test('many records are written in several batches and read in several steps', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  const value = 'v'.repeat(1000);
  const places = await broker.produce(
    't',
    Array.from({ length: 5000 }, (_, i) => ({ key: String(i), value })),
  );
  assert.equal(places.at(-1)?.offset, 4999);
  const records = await broker.records('t');
  assert.equal(records.length, 5000);
  assert.ok(records.every(({ key, offset }) => key === String(offset)));
});
