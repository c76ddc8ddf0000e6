/** Time that is moved, coordinators that move, rebalances and a full disk, as clients see them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Consumer as GroupConsumer, stringDeserializers } from '@platformatic/kafka';
import { type Consumer, Kafka, logLevel } from 'kafkajs';
import { type Broker, type BrokerRequest, startBroker } from '../../src/index.ts';
import { MovableClock } from '../../src/embed/clock.ts';

const FAST = { 'group.initial.rebalance.delay.ms': 0 };
const DAY_MS = 86_400_000;

function kafkaOf(broker: Broker): Kafka {
  return new Kafka({
    brokers: [broker.bootstrapServers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 10, retries: 10 },
  });
}

/** A consumer in group g; resolves once it is in. */
async function join(
  broker: Broker,
  options: object = {},
): Promise<{ consumer: Consumer; joins: () => number; seen: string[] }> {
  const consumer = kafkaOf(broker).consumer({ groupId: 'g', heartbeatInterval: 20, maxWaitTimeInMs: 20, ...options });
  let joins = 0;
  const seen: string[] = [];
  const joined = new Promise<void>((resolve) => {
    consumer.on('consumer.group_join', () => {
      joins += 1;
      resolve();
    });
  });
  await consumer.connect();
  await consumer.subscribe({ topics: ['t'], fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void seen.push(String(message.value)) });
  await joined;
  return { consumer, joins: () => joins, seen };
}

function nextRequest(broker: Broker, wanted: (request: BrokerRequest) => boolean): Promise<BrokerRequest> {
  return broker.control('*', () => undefined, { when: wanted }).hit;
}

test('the clock goes ahead in order, and what is set off on the way has its turn', async () => {
  const clock = new MovableClock();
  const startMs = clock.now();
  const fired: string[] = [];
  clock.setTimer(3000, () => void fired.push('third'));
  clock.setTimer(1000, () => {
    fired.push('first');
    clock.setTimer(1000, () => void fired.push('second'));
  });
  clock.setTimer(500, () => void fired.push('cancelled')).cancel();
  await clock.advance(10_000);
  assert.deepEqual(fired, ['first', 'second', 'third']);
  assert.ok(clock.now() - startMs >= 10_000);
  const late = clock.setTimer(1, () => void fired.push('real'));
  late.cancel();
  let count = 0;
  const again = (): void => {
    count += 1;
    clock.setTimer(10, again);
  };
  again();
  await clock.advance(365 * DAY_MS);
  assert.ok(count > 100 && count < 2000);
});

test('records go when their retention is over', async () => {
  await using broker = await startBroker({
    topics: [{ name: 't', configs: { 'retention.ms': DAY_MS, 'segment.ms': 60_000 } }],
  });
  await broker.produce('t', ['old', 'older']);
  await broker.clock.advance(2 * DAY_MS);
  await broker.produce('t', 'new');
  await broker.clock.advance(600_000);
  const [offsets] = await broker.offsets('t');
  assert.deepEqual([offsets?.start, offsets?.end], [2, 3]);
});

test('a session that is over takes the member out, who joins again', async () => {
  await using broker = await startBroker({ topics: ['t'], config: FAST });
  const { consumer, joins } = await join(broker, { heartbeatInterval: 100, sessionTimeout: 10_000 });
  await broker.clock.advance(11_000);
  assert.equal((await broker.group('g'))?.members.length ?? 0, 0);
  await nextRequest(broker, ({ api }) => api === 'SyncGroup');
  await broker.produce('t', 'a');
  await broker.waitForRecords('t', 1);
  assert.ok(joins() >= 1);
  await consumer.disconnect();
});

test('a transaction that takes too long is aborted', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  const producer = kafkaOf(broker).producer({
    transactionalId: 'x',
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: 30_000,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic: 't', messages: [{ value: 'never' }] });
  await broker.produce('t', 'behind');
  await broker.clock.advance(60_000);
  assert.deepEqual(
    (await broker.waitForRecords('t', 1)).map(({ value }) => value),
    ['behind'],
  );
  await assert.rejects(transaction.commit());
  await producer.disconnect();
});

test('a coordinator that moves is found again, and the group goes on', async () => {
  await using broker = await startBroker({ topics: ['t'], config: FAST });
  const { consumer, seen } = await join(broker);
  await broker.produce('t', 'a');
  await nextRequest(broker, ({ api }) => api === 'OffsetCommit');
  const found = nextRequest(broker, ({ api }) => api === 'FindCoordinator');
  await broker.moveCoordinator({ group: 'g' });
  await found;
  await nextRequest(broker, ({ api }) => api === 'Heartbeat');
  await broker.produce('t', 'b');
  await nextRequest(broker, ({ api }) => api === 'OffsetCommit');
  assert.deepEqual([...new Set(seen)], ['a', 'b']);
  await consumer.disconnect();
  await assert.rejects(broker.moveCoordinator({} as { group: string }), /takes \{ group \} or \{ transactionalId \}/);
});

test('a transaction goes on after its coordinator moved', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  const producer = kafkaOf(broker).producer({ transactionalId: 'x', idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic: 't', messages: [{ value: 'a' }] });
  await broker.moveCoordinator({ transactionalId: 'x' });
  await transaction.commit();
  assert.equal((await broker.waitForRecords('t', 1)).length, 1);
  await producer.disconnect();
});

test('a forced rebalance has a classic group join again', async () => {
  await using broker = await startBroker({ topics: ['t'], config: FAST });
  const { consumer } = await join(broker);
  const joined = nextRequest(broker, ({ api }) => api === 'JoinGroup');
  await broker.rebalance('g');
  await joined;
  await nextRequest(broker, ({ api }) => api === 'Heartbeat');
  assert.equal((await broker.group('g'))?.state, 'Stable');
  await consumer.disconnect();
  await assert.rejects(broker.rebalance('none'), { codeName: 'GROUP_ID_NOT_FOUND' });
});

test('a forced rebalance puts out the members of a consumer group, who ask', async () => {
  await using broker = await startBroker({
    topics: ['t'],
    config: { ...FAST, 'group.consumer.heartbeat.interval.ms': 100, 'group.consumer.min.heartbeat.interval.ms': 50 },
  });
  const consumer = new GroupConsumer({
    clientId: 'p',
    groupId: 'g',
    groupProtocol: 'consumer',
    bootstrapBrokers: [broker.bootstrapServers],
    deserializers: stringDeserializers,
  });
  const stream = await consumer.consume({ topics: ['t'], mode: 'earliest', maxWaitTime: 50 });
  const before = await broker.group('g');
  assert.deepEqual([before?.type, before?.members.length], ['consumer', 1]);
  const asked = nextRequest(broker, ({ api }) => api === 'ConsumerGroupHeartbeat');
  await broker.rebalance('g');
  assert.deepEqual((await broker.group('g'))?.members, []);
  await asked;
  stream.destroy();
  await consumer.close(true);
});

test('a full disk takes no records until there is space again', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  const producer = kafkaOf(broker).producer({ retry: { retries: 0 } });
  await producer.connect();
  await producer.send({ topic: 't', messages: [{ value: 'a' }] });
  broker.fillDisk();
  await assert.rejects(producer.send({ topic: 't', messages: [{ value: 'b' }] }));
  await assert.rejects(broker.produce('t', 'c'), { codeName: 'KAFKA_STORAGE_ERROR' });
  assert.deepEqual(
    (await broker.records('t')).map(({ value }) => value),
    ['a'],
  );
  broker.freeDisk();
  await producer.send({ topic: 't', messages: [{ value: 'd' }] });
  assert.deepEqual(
    (await broker.records('t')).map(({ value }) => value),
    ['a', 'd'],
  );
  await producer.disconnect();
});
