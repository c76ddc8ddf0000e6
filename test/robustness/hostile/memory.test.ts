/** Clients that would make the broker hold a lot of memory, or starve the others: it stays small and fair. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, type ApiName } from '../../../protocol/apis.ts';
import { buildBatch } from '../../../protocol/records/build.ts';
import { CreateTopics, FindCoordinator, Heartbeat } from '../../support/admin-apis.ts';
import { Fetch, Produce, fetchRequest, onlyProduced, produce, produceRequest } from '../../support/data-apis.ts';
import { ApiClient, type Body } from '../../conformance/differential/api-client.ts';
import { requestFrame, type WireClient } from '../../support/wire-client.ts';
import { MIB, WatchedBroker, connectMany } from './watched-broker.ts';

/** With an answer as large as one may be, as objects and as bytes. */
const BOUNDED_ANSWER_BYTES = 500 * MIB;

/** "Small" for a broker under attack. */
const SMALL_BYTES = 300 * MIB;

function records(byteLength: number): Buffer {
  return buildBatch([{ key: null, value: Buffer.alloc(byteLength, 1), timestampMs: 1_700_000_000_000 }]);
}

/** The beginning of a Produce frame that claims 100 MiB. */
function halfFrame(sentBytes: number): Buffer {
  const frame = requestFrame(Produce.apiKey, 9, 1, Buffer.alloc(sentBytes));
  frame.writeInt32BE(100 * MIB, 0);
  return frame;
}

for (const sentBytes of [0, 4096, 200_000]) {
  test(`1,000 half frames that claim 100 MiB and bring ${sentBytes} bytes cost little and starve nobody`, async () => {
    await using broker = await WatchedBroker.start();
    await broker.createTopic('fair');
    const attackers = await connectMany(broker, 1000);
    const bytes = halfFrame(sentBytes);
    for (const attacker of attackers) attacker.send(bytes);
    const client = await broker.connect();
    await produce(client, 'fair', 0, 'small');
    const answer = onlyProduced(await client.call(Produce, 9, produceRequest('fair', 0, records(100_000))));
    assert.equal(answer.errorCode, 0);
    assert.ok(broker.peakRssBytes() < SMALL_BYTES, `${broker.peakRssBytes() / MIB} MiB`);
    for (const attacker of attackers) attacker.close();
    await broker.assertWell();
  });
}

test('a request of millions of tiny elements is refused before they become objects', async () => {
  await using broker = await WatchedBroker.start();
  const topics = 20_000_000;
  const body = Buffer.alloc(4 + 2 * topics);
  body.writeInt32BE(topics, 0);
  const attacker = await broker.connect();
  attacker.send(requestFrame(ApiKey.Metadata, 1, 1, body));
  assert.equal(await attacker.next(), null);
  assert.ok(broker.peakRssBytes() < SMALL_BYTES, `${broker.peakRssBytes() / MIB} MiB`);
  await broker.assertWell();
});

/** A hundred readers are owed a part of a megabyte each, and the tail cache is full. */
const SLOW_READERS_BYTES = 350 * MIB;

test('100 consumers that ask for 50 MiB and do not read it cost little and starve nobody', async () => {
  await using broker = await WatchedBroker.start();
  await broker.createTopic('large');
  const client = await broker.connect();
  const batch = records(1_000_000);
  for (let i = 0; i < 100; i++) {
    const answer = onlyProduced(await client.call(Produce, 9, produceRequest('large', 0, batch)));
    assert.equal(answer.errorCode, 0);
  }
  const readers = await connectMany(broker, 100);
  const request = fetchRequest('large', [{ partition: 0, maxBytes: 50 * MIB }], { maxWaitMs: 500 });
  for (const reader of readers) {
    reader.socket.pause();
    reader.start(Fetch, 11, request);
  }
  for (let i = 0; i < 50; i++) await produce(client, 'large', 0, 'in between');
  assert.ok(broker.peakRssBytes() < SLOW_READERS_BYTES, `${broker.peakRssBytes() / MIB} MiB`);
  // A reader that was slow gets all of it in the end.
  const [first] = readers as [WireClient];
  first.socket.resume();
  const answer = await first.result(Fetch, 11);
  assert.ok((answer.responses[0]?.partitions[0]?.records?.length ?? 0) > 40 * MIB);
  for (const reader of readers) reader.close();
  await broker.assertWell();
  assert.ok(broker.peakRssBytes() < SLOW_READERS_BYTES, `${broker.peakRssBytes() / MIB} MiB`);
});

test('producers faster than the disk are held back, and heartbeats get through', async () => {
  await using broker = await WatchedBroker.start({ settings: { 'walka.durability': 'fsync' } });
  await broker.createTopic('flood', 4);
  const member = await broker.connect();
  await member.call(FindCoordinator, 3, { key: 'group', keyType: 0 });
  const producers = await connectMany(broker, 60);
  const batch = records(1_000_000);
  let answered = 0;
  let isOver = false;
  const flood = producers.map(async (producer, number) => {
    const request = produceRequest('flood', number % 4, batch);
    // Several on their way at any time, as fast as the broker takes them.
    for (let i = 0; i < 4; i++) producer.start(Produce, 9, request);
    for (let open = 4; open > 0; ) {
      assert.equal(onlyProduced(await producer.result(Produce, 9)).errorCode, 0);
      answered += 1;
      if (isOver) open -= 1;
      else producer.start(Produce, 9, request);
    }
  });
  const isWarm = (): boolean => answered >= 300;
  while (!isWarm()) {
    const heartbeat = { groupId: 'group', generationId: 1, memberId: 'nobody' };
    const answer = await member.call(Heartbeat, 4, heartbeat);
    assert.notEqual(answer.errorCode, 0);
  }
  isOver = true;
  await Promise.all(flood);
  assert.ok(broker.peakRssBytes() < SMALL_BYTES, `${broker.peakRssBytes() / MIB} MiB`);
  for (const producer of producers) producer.close();
  await broker.assertWell();
});

test('topics by the thousand and requests for all of them cost little', async () => {
  await using broker = await WatchedBroker.start();
  const client = await broker.connect();
  for (let round = 0; round < 4; round++) {
    const topics = Array.from({ length: 250 }, (_, i) => ({
      name: `topic-${round}-${i}`,
      numPartitions: 10,
      replicationFactor: 1,
    }));
    const answer = await client.call(CreateTopics, 6, { topics, timeoutMs: 30_000 });
    assert.ok(answer.topics.every(({ errorCode }) => errorCode === 0));
  }
  assert.ok(broker.peakRssBytes() < SMALL_BYTES, `${broker.peakRssBytes() / MIB} MiB`);
  client.close();
  await broker.assertWell();
});

/** A request of this API that names one thing 20,000 times, sent to a broker with a group and 2,000 offsets of it. */
async function nameAgainAndAgain(broker: WatchedBroker, api: ApiName, version: number, body: Body): Promise<void> {
  await broker.createTopic('many', 2000);
  const client = await ApiClient.open(broker.process.port);
  await client.call('FindCoordinator', 4, { keyType: 0, coordinatorKeys: ['group'] });
  const protocols = [{ name: 'range', metadata: Buffer.alloc(20_000) }];
  const timeouts = { sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000 };
  const group = { groupId: 'group', protocolType: 'consumer', protocols, ...timeouts };
  const joined = (await client.call('JoinGroup', 3, { ...group, memberId: '' })) as Readonly<Record<string, unknown>>;
  const { memberId, generationId } = joined;
  const assignments = [{ memberId, assignment: Buffer.alloc(20_000) }];
  await client.call('SyncGroup', 3, { groupId: 'group', generationId, memberId, assignments });
  const partitions = Array.from({ length: 2000 }, (_, partitionIndex) => ({ partitionIndex, committedOffset: 1 }));
  const topics = [{ name: 'many', partitions }];
  const commit = { groupId: 'group', generationIdOrMemberEpoch: generationId, memberId, topics };
  const committed = JSON.stringify(await client.call('OffsetCommit', 8, commit));
  assert.match(committed, /"partitionIndex":1999,"errorCode":0/);
  assert.equal(typeof (await client.call(api, version, body)), 'object');
  client.close();
}

for (const [api, version, body] of [
  ['DescribeConfigs', 4, { resources: again({ resourceType: 4, resourceName: '1', configurationKeys: null }) }],
  ['OffsetFetch', 8, { groups: again({ groupId: 'group', topics: null }) }],
  ['DescribeGroups', 5, { groups: again('group') }],
] as const) {
  test(`a ${api} request that names one thing 20,000 times does not take all memory`, async () => {
    await using broker = await WatchedBroker.start();
    await nameAgainAndAgain(broker, api, version, body);
    assert.ok(broker.peakRssBytes() < BOUNDED_ANSWER_BYTES, `${broker.peakRssBytes() / MIB} MiB`);
    await broker.assertWell();
  });
}

function again<T>(element: T): T[] {
  return Array.from({ length: 20_000 }, () => element);
}
