/** Copies of a running broker, and brokers that begin with one. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { type Broker, startBroker, type StartBrokerOptions } from '../../src/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'walka-snapshot-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function kafkaOf(broker: Broker): Kafka {
  return new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 10 } });
}

const TOPICS = [
  { name: 'orders', partitions: 2, configs: { 'retention.ms': 1_000_000 } },
  'deleted',
  'trimmed',
  'empty',
];

/** Transactions, offsets of a group, records that are gone, a topic that is gone. */
async function fill(broker: Broker): Promise<void> {
  const kafka = kafkaOf(broker);
  await broker.produce(
    'orders',
    [
      { key: 'a', value: '1', partition: 0 },
      { key: 'b', value: '2', partition: 1 },
    ],
    { compression: 'lz4' },
  );
  const producer = kafka.producer({ transactionalId: 'x', idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  for (const end of ['abort', 'commit'] as const) {
    const transaction = await producer.transaction();
    await transaction.send({ topic: 'orders', messages: [{ value: end, partition: 0 }] });
    await transaction[end]();
  }
  await producer.disconnect();
  await broker.produce('trimmed', ['gone', 'kept', 'kept, too']);
  const admin = kafka.admin();
  await admin.connect();
  await admin.fetchTopicOffsets('trimmed'); // kafkajs wants to know its leader
  await admin.deleteTopicRecords({ topic: 'trimmed', partitions: [{ partition: 0, offset: '1' }] });
  await admin.setOffsets({ groupId: 'readers', topic: 'orders', partitions: [{ partition: 0, offset: '1' }] });
  await admin.disconnect();
  await broker.deleteTopic('deleted');
}

async function contentOf(broker: Broker): Promise<unknown> {
  const topics = broker.topics();
  const records = await Promise.all(topics.map(({ name }) => broker.records(name)));
  const uncommitted = await broker.records('orders', { isolation: 'read_uncommitted' });
  const offsets = await Promise.all(topics.map(({ name }) => broker.offsets(name)));
  return { topics, records, uncommitted, offsets, groups: await broker.groups() };
}

for (const where of ['in memory', 'in a directory']) {
  test(`brokers that begin with a copy of one ${where} have what it has`, async () => {
    const name = where.replaceAll(' ', '-');
    const copy = join(directory, `${name}-copy`);
    const options: StartBrokerOptions = where === 'in memory' ? {} : { dataDir: join(directory, name) };
    await using broker = await startBroker({ ...options, topics: TOPICS });
    await fill(broker);
    const content = await contentOf(broker);
    await broker.snapshot(copy);
    await broker.produce('orders', 'after the copy');
    await assert.rejects(broker.snapshot(copy), /is not empty: a copy needs a new directory/);

    await using one = await startBroker({ from: copy });
    await using two = await startBroker({ from: copy });
    assert.deepEqual(await contentOf(one), content);
    await one.produce('orders', { value: 'of one', partition: 0 });
    assert.equal((await one.records('orders')).length, 4);
    assert.deepEqual(await contentOf(two), content);
    assert.equal(one.clusterId, broker.clusterId);
    const producer = kafkaOf(one).producer({ transactionalId: 'x', idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic: 'orders', messages: [{ value: 'goes on', partition: 0 }] });
    await transaction.commit();
    await producer.disconnect();
    assert.equal((await one.records('orders', { partition: 0 })).at(-1)?.value, 'goes on');

    const dataDir = join(directory, `${name}-kept`);
    await using kept = await startBroker({ from: copy, dataDir });
    assert.deepEqual(await contentOf(kept), content);
    await assert.rejects(startBroker({ from: copy, dataDir }), /is not empty/);
    await using served = await startBroker({ dataDir: copy });
    assert.deepEqual(await contentOf(served), content);
  });
}

test('offsets that compaction left nothing of stay as they are in a copy', async () => {
  const configs = { 'cleanup.policy': 'compact', 'segment.ms': 1000, 'min.cleanable.dirty.ratio': 0.01 };
  await using broker = await startBroker({ topics: [{ name: 't', configs }] });
  for (const value of ['1', '2', '3']) await broker.produce('t', { key: 'k', value });
  await broker.clock.advance(60_000);
  await broker.produce('t', { key: 'other', value: '4' });
  await broker.clock.advance(60_000);
  const records = await broker.records('t');
  assert.deepEqual(
    records.map(({ offset }) => offset),
    [2, 3],
  );
  const copy = join(directory, 'compacted');
  await broker.snapshot(copy);
  await using begun = await startBroker({ from: copy });
  assert.deepEqual(await begun.records('t'), records);
  assert.deepEqual(await begun.produce('t', { key: 'k', value: '5' }), [{ topic: 't', partition: 0, offset: 4 }]);
});

test('what a broker begins with must be a data directory, and its temporary copy goes with it', async () => {
  await assert.rejects(startBroker({ from: join(directory, 'nowhere') }), {
    code: 'NOT_FOUND',
    message: /has no catalog.db/,
  });
  const copy = join(directory, 'small');
  await using broker = await startBroker({ topics: ['t'] });
  await broker.snapshot(copy);
  const temporary = (): string[] => readdirSync(tmpdir()).filter((name) => /^walka-[\w]{6}$/.test(name));
  const before = new Set(temporary());
  const begun = await startBroker({ from: copy });
  const [made] = temporary().filter((name) => !before.has(name));
  assert.ok(made !== undefined && existsSync(join(tmpdir(), made, 'catalog.db')));
  await begun.close();
  assert.equal(existsSync(join(tmpdir(), made)), false);
});

test('a temporary copy goes although the broker did not close in order', async () => {
  const copy = join(directory, 'unwritten');
  await using broker = await startBroker({ topics: ['t'] });
  await broker.snapshot(copy);
  const temporary = (): string[] => readdirSync(tmpdir()).filter((name) => /^walka-[\w]{6}$/.test(name));
  const before = new Set(temporary());
  const begun = await startBroker({ from: copy });
  await begun.record('/dev/full');
  await assert.rejects(begun.close(), { code: 'ENOSPC' });
  assert.deepEqual(
    temporary().filter((name) => !before.has(name)),
    [],
  );
});
