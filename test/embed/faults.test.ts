/** Faults as real clients see them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import { Kafka, logLevel, type Producer as KafkaJsProducer } from 'kafkajs';
import { type Broker, type BrokerRequest, type Fault, startBroker } from '../../src/index.ts';

const FAST = { 'group.initial.rebalance.delay.ms': 0 };

function kafkaOf(broker: Broker): Kafka {
  return new Kafka({
    brokers: [broker.bootstrapServers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 10, retries: 10 },
  });
}

async function producerOf(broker: Broker, options: object = {}): Promise<AsyncDisposable & KafkaJsProducer> {
  const producer = kafkaOf(broker).producer(options);
  await producer.connect();
  return { ...producer, [Symbol.asyncDispose]: () => producer.disconnect() };
}

async function values(broker: Broker, topic = 't'): Promise<string[]> {
  return (await broker.records(topic)).map(({ value }) => String(value));
}

const send = (producer: KafkaJsProducer, value: string, partition = 0) =>
  producer.send({ topic: 't', messages: [{ value, partition }] });

test('a producer tries again after an error that passes, and not after one that stays', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  await using producer = await producerOf(broker);
  const fault = broker.fail('Produce', { error: 'NOT_LEADER_OR_FOLLOWER', times: 3 });
  await send(producer, 'a');
  assert.equal(fault.hits, 3);
  assert.equal((await fault.hit).api, 'Produce');
  assert.deepEqual(await values(broker), ['a']);
  broker.fail('Produce', { error: 'MESSAGE_TOO_LARGE' });
  await assert.rejects(send(producer, 'b'), { type: 'MESSAGE_TOO_LARGE' });
  assert.deepEqual(await values(broker), ['a']);
});

test('an error for one partition, topic, client or request leaves the others alone', async () => {
  await using broker = await startBroker({ topics: [{ name: 't', partitions: 2 }, 'u'] });
  await using producer = await producerOf(broker);
  using onePartition = broker.fail('Produce', { error: 'INVALID_RECORD', topic: 't', partition: 1, times: Infinity });
  const messages = [
    { value: 'a', partition: 0 },
    { value: 'b', partition: 1 },
  ];
  await assert.rejects(producer.send({ topic: 't', messages }), { type: 'INVALID_RECORD' });
  assert.deepEqual(await values(broker), ['a']);
  await send(producer, 'c');
  await producer.send({ topic: 'u', messages: [{ value: 'd' }] });
  assert.equal(onePartition.hits, 1);
  broker.fail('Produce', { error: 'INVALID_RECORD', clientId: 'other' });
  broker.fail('Produce', { error: 'INVALID_RECORD', when: ({ body }) => body['acks'] === 1 });
  await send(producer, 'e');
  await assert.rejects(producer.send({ topic: 't', acks: 1, messages: [{ value: 'f', partition: 0 }] }));
  assert.deepEqual(await values(broker), ['a', 'c', 'e']);
});

test('a connection that breaks before a write loses it, after it the client does not know of it', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  await using producer = await producerOf(broker);
  broker.drop('Produce');
  await send(producer, 'once');
  assert.deepEqual(await values(broker), ['once']);
  broker.drop('Produce', { after: true });
  await send(producer, 'twice');
  assert.deepEqual(await values(broker), ['once', 'twice', 'twice']);
  await using idempotent = await producerOf(broker, { idempotent: true, maxInFlightRequests: 1 });
  await send(idempotent, 'first');
  broker.drop('Produce', { after: true });
  await send(idempotent, 'exactly once');
  assert.deepEqual((await values(broker)).slice(3), ['first', 'exactly once']);
});

test('a delay holds a request back, or its answer', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  await using producer = await producerOf(broker);
  const late = broker.delay('Produce', { ms: 40, after: true });
  const sent = send(producer, 'written, not answered');
  await late.hit;
  await broker.waitForRecords('t', 1);
  assert.equal(await Promise.race([sent, Promise.resolve('not yet')]), 'not yet');
  await sent;
  const early = broker.delay('Produce', { ms: 40 });
  const second = send(producer, 'not written');
  await early.hit;
  assert.equal((await values(broker)).length, 1);
  await second;
  assert.equal((await values(broker)).length, 2);
});

test('a consumer of kafkajs goes on after errors of every step', async () => {
  await using broker = await startBroker({ topics: ['t'], config: FAST });
  await broker.produce('t', ['a', 'b']);
  const faults = [
    broker.fail('Metadata', { error: 'LEADER_NOT_AVAILABLE', topic: 't' }),
    broker.fail('FindCoordinator', { error: 'COORDINATOR_NOT_AVAILABLE' }),
    broker.fail('JoinGroup', { error: 'NOT_COORDINATOR', group: 'g' }),
    broker.fail('SyncGroup', { error: 'REBALANCE_IN_PROGRESS', group: 'g' }),
    broker.fail('OffsetFetch', { error: 'COORDINATOR_LOAD_IN_PROGRESS', group: 'g' }),
    broker.fail('ListOffsets', { error: 'NOT_LEADER_OR_FOLLOWER', topic: 't' }),
    broker.fail('Fetch', { error: 'NOT_LEADER_OR_FOLLOWER', topic: 't' }),
    broker.fail('OffsetCommit', { error: 'REBALANCE_IN_PROGRESS', group: 'g' }),
  ];
  const consumer = kafkaOf(broker).consumer({ groupId: 'g', heartbeatInterval: 50, maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topics: ['t'], fromBeginning: true });
  const seen = new Set<string>();
  const { promise, resolve } = Promise.withResolvers<void>();
  await consumer.run({
    eachMessage: async ({ message }) => void (seen.add(String(message.value)).size === 2 && resolve()),
  });
  await promise;
  await Promise.all(faults.map(({ hit }) => hit));
  assert.deepEqual([...seen], ['a', 'b']);
  await consumer.disconnect();
});

test('a consumer of @platformatic/kafka goes on after an error of its fetch', async () => {
  await using broker = await startBroker({ topics: ['t'], config: FAST });
  const options = { clientId: 'p', bootstrapBrokers: [broker.bootstrapServers], retryDelay: 10 };
  const producer = new Producer({ ...options, serializers: stringSerializers });
  const consumer = new Consumer({ ...options, groupId: 'g', deserializers: stringDeserializers });
  const once = broker.fail('Produce', { error: 'NOT_LEADER_OR_FOLLOWER', topic: 't' });
  await producer.send({ messages: [{ topic: 't', key: 'k', value: 'v' }] });
  assert.equal(once.hits, 1);
  const fetch = broker.fail('Fetch', { error: 'NOT_LEADER_OR_FOLLOWER', topic: 't' });
  const stream = await consumer.consume({ topics: ['t'], mode: 'earliest', maxWaitTime: 50 });
  for await (const message of stream) {
    assert.equal(message.value, 'v');
    break;
  }
  assert.equal(fetch.hits, 1);
  await consumer.close(true);
  await producer.close(true);
});

test('a function answers, changes answers, fails, drops, or watches', async () => {
  await using broker = await startBroker({ topics: [{ name: 't', partitions: 1 }, 'hidden'] });
  const admin = kafkaOf(broker).admin();
  await admin.connect();
  const control = broker.control(
    'Metadata',
    async (request) => {
      const answer = await request.proceed();
      const topics = (answer?.['topics'] ?? []) as { name: string }[];
      return { ...answer, topics: topics.filter(({ name }) => name !== 'hidden') };
    },
    { times: Infinity },
  );
  assert.deepEqual(await admin.listTopics(), ['t']);
  control.remove();
  assert.deepEqual((await admin.listTopics()).sort(), ['hidden', 't']);
  broker.control('ListGroups', ({ fail }) => fail('COORDINATOR_NOT_AVAILABLE'));
  await assert.rejects(admin.listGroups(), /The group coordinator is not available/);
  broker.control('ListGroups', () => ({ groups: [{ groupId: 'made up', protocolType: 'consumer' }] }));
  broker.control('ListGroups', () => undefined);
  const { groups } = await admin.listGroups();
  assert.deepEqual(
    groups.map(({ groupId }) => groupId),
    ['made up'],
  );
  assert.deepEqual((await admin.listGroups()).groups, []);
  await admin.disconnect();
  await using producer = await producerOf(broker);
  const dropped = broker.control('Produce', (request) => request.drop());
  await send(producer, 'again');
  assert.deepEqual([dropped.hits, await values(broker)], [1, ['again']]);
});

test('a request is served once, whether the function waits for that or not', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  await using producer = await producerOf(broker);
  broker.control('Produce', (request) => void request.proceed());
  await send(producer, 'a');
  broker.control('Produce', async ({ proceed }) => {
    const [one, other] = await Promise.all([proceed(), proceed()]);
    assert.equal(one, other);
    return one;
  });
  await send(producer, 'b');
  assert.deepEqual(await values(broker), ['a', 'b']);
});

test('requests are seen as they come, while somebody listens', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  await using producer = await producerOf(broker);
  const seen: BrokerRequest[] = [];
  const listener = (request: BrokerRequest): void => void seen.push(request);
  broker.on('request', listener);
  await send(producer, 'a');
  broker.off('request', listener);
  await send(producer, 'b');
  const produced = seen.filter(({ api }) => api === 'Produce');
  assert.equal(produced.length, 1);
  const { clientId, version, body } = produced[0] ?? assert.fail();
  assert.deepEqual([clientId, version, body['acks']], ['kafkajs', 7, -1]);
});

test('a program that removes all its listeners may listen for requests again', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  await using producer = await producerOf(broker);
  const values: unknown[] = [];
  for (const names of [[], ['request']] as const) {
    broker.on('request', () => values.push('gone'));
    broker.removeAllListeners(...names);
    await send(producer, 'a');
    broker.once('request', ({ api }) => values.push(api));
    await send(producer, 'b');
  }
  assert.deepEqual(values, ['Produce', 'Produce']);
});

test('what a program throws in the middle of a request is an uncaught exception', () => {
  const source = `
    import { startBroker } from ${JSON.stringify(join(import.meta.dirname, '../../src/index.ts'))};
    import { Kafka } from 'kafkajs';
    const told = [];
    process.on('uncaughtException', ({ message }) => told.push(message));
    const broker = await startBroker({ topics: ['t'] });
    broker.on('request', ({ api }) => { if (api === 'Produce') throw new Error('listener'); });
    broker.fail('Produce', { error: 'INVALID_RECORD', when: () => { throw new Error('when'); } });
    broker.control('Produce', () => { throw new Error('control'); });
    broker.control('Produce', () => 5);
    const producer = new Kafka({ brokers: [broker.bootstrapServers], logLevel: 0, retry: { initialRetryTime: 10 } }).producer();
    await producer.connect();
    await producer.send({ topic: 't', messages: [{ value: 'a' }] });
    await producer.disconnect();
    const records = await broker.records('t');
    await broker.close();
    console.log(records.length, [...new Set(told)].sort().join());
  `;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
    encoding: 'utf8',
    cwd: join(import.meta.dirname, '../..'),
    timeout: 120_000,
  });
  assert.equal(stdout, '1 control,control: the function gives an answer of Produce, not 5,listener,when\n');
});

test('a broker closes although requests wait', async () => {
  const broker = await startBroker({ topics: ['t'] });
  const retry = { retries: 0 };
  const kafka = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING, retry });
  const producer = kafka.producer({ retry });
  await producer.connect();
  const early = broker.delay('Produce', { ms: 3_600_000 });
  const sent = assert.rejects(send(producer, 'a'));
  await early.hit;
  await broker.close();
  await sent;
  await producer.disconnect();
  await broker.clock.advance(3_600_000);
});

test('faults that are meant for nothing are refused', async () => {
  await using broker = await startBroker();
  const fails = (run: () => void, message: string) => assert.throws(run, { message });
  fails(() => broker.fail('Produce', { error: 'NONE' as 'INVALID_RECORD' }), 'fail: NONE is no error');
  fails(
    () => broker.fail('Produse' as 'Produce', { error: 'INVALID_RECORD' }),
    'fail: there is no API Produse; did you mean Produce?',
  );
  fails(
    () => broker.fail('Produce', { error: 'INVALID_RECORDS' as 'INVALID_RECORD' }),
    'fail: there is no error INVALID_RECORDS; did you mean INVALID_RECORD?',
  );
  fails(
    () => broker.fail('Heartbeat', { error: 'NOT_COORDINATOR', topic: 't' }),
    'fail: a request of Heartbeat names no topics',
  );
  fails(() => broker.drop('Produce', { time: 1 } as object), 'drop: unknown option time; did you mean times?');
  fails(() => broker.drop('Produce', { times: 0 }), 'drop: times is a whole number from 1 on, or Infinity, not 0');
  fails(() => broker.delay('Produce', { ms: -1 }), 'delay: ms is a number of milliseconds, not -1');
});

test('who waits for a fault to be met learns that it ended before that', async () => {
  const broker = await startBroker({ topics: ['t'] });
  const wants = { message: /^drop of Produce, Fetch: it ended before a request met it$/ };
  const ends: ReadonlyArray<(fault: Fault) => unknown> = [
    (fault) => fault.remove(),
    (fault) => fault[Symbol.dispose](),
    () => broker.clearFaults(),
    () => broker.reset(),
    () => broker.close(),
  ];
  for (const end of ends) {
    // Nobody waits for the first: that is no uncaught rejection.
    const faults = [0, 1].map(() => broker.drop(['Produce', 'Fetch'], { times: Infinity }));
    const hit = assert.rejects((faults[1] as Fault).hit, wants);
    for (const fault of faults) await end(fault);
    await hit;
  }
  const late = { name: 'Error', message: 'The broker is closed' };
  assert.throws(() => broker.fail('Produce', { error: 'INVALID_RECORD' }), late);
  assert.throws(() => broker.control('Produce', () => undefined), late);
});

test('faults end with a reset, or together', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  await using producer = await producerOf(broker);
  broker.fail('*', { error: 'INVALID_REQUEST', times: Infinity });
  broker.clearFaults();
  await send(producer, 'a');
  broker.fail('Produce', { error: 'INVALID_RECORD', times: Infinity });
  await broker.reset();
  await send(producer, 'b');
  assert.deepEqual(await values(broker), ['b']);
});
