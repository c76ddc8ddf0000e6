/** Answers of faulty brokers as they are on the wire. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { type Broker, startBroker } from '../../src/index.ts';
import { batchOf, Fetch, fetchRequest, Produce, produceRequest } from '../support/data-apis.ts';
import { WireClient } from '../support/wire-client.ts';
import { FindCoordinator, Metadata } from '../support/admin-apis.ts';
import { type FetchFields, ShareMember } from '../support/share-apis.ts';
import { ShareGroupHeartbeat } from '../support/share-group-apis.ts';
import { AlterClientQuotas } from '../support/config-apis.ts';

const { NOT_LEADER_OR_FOLLOWER, NONE } = ErrorCode;

async function clientOf(broker: Broker): Promise<WireClient & Disposable> {
  const client = await WireClient.open(Number(broker.bootstrapServers.split(':')[1]));
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}

test('a fetch in a session gets the error of a partition that it does not name, and the session goes on', async () => {
  await using broker = await startBroker({ topics: ['t', 'u'] });
  using client = await clientOf(broker);
  await broker.produce('t', 'a');
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }];
  const topics = [
    { topic: 't', partitions: [{ ...partitions[0], fetchOffset: 1 }] },
    { topic: 'u', partitions },
  ];
  const full = await client.call(Fetch, 12, { maxWaitMs: 0, minBytes: 1, sessionId: 0, sessionEpoch: 0, topics });
  const { sessionId } = full;
  assert.ok(sessionId > 0);
  const next = (sessionEpoch: number, maxWaitMs = 0) =>
    client.call(Fetch, 12, { maxWaitMs, minBytes: 1, sessionId, sessionEpoch, topics: [] });
  await broker.produce('u', 'b');
  const fault = broker.fail('Fetch', { error: 'NOT_LEADER_OR_FOLLOWER', topic: 't' });
  const failed = await next(1, 60_000);
  assert.equal(fault.hits, 1);
  const codes = failed.responses.flatMap(({ topic, partitions: all }) =>
    all.map(({ errorCode }) => [topic, errorCode]),
  );
  assert.deepEqual(codes.sort(), [
    ['t', NOT_LEADER_OR_FOLLOWER],
    ['u', NONE],
  ]);
  const [{ records } = { records: null }] = failed.responses.find(({ topic }) => topic === 'u')?.partitions ?? [];
  assert.ok((records?.length ?? 0) > 0);
  assert.deepEqual([(await next(2)).errorCode, (await next(3)).errorCode], [NONE, NONE]);
  const ofBoth = broker.fail('Fetch', { error: 'NOT_LEADER_OR_FOLLOWER', partition: 0 });
  assert.equal((await next(4)).responses.length, 2);
  assert.equal(ofBoth.hits, 1);
  broker.fail('Fetch', { error: 'FETCH_SESSION_ID_NOT_FOUND' });
  assert.equal((await next(5)).errorCode, ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
});

test('a share fetch gets the error of a partition that it does not name, and then its records', async () => {
  await using broker = await startBroker({ topics: ['t', 'u'] });
  using client = await clientOf(broker);
  const ids = new Map(broker.topics().map(({ name, id }) => [name, id]));
  const member = new ShareMember(client, ids.get('t') ?? '', 'AAAAAAAAAAAAAAAAAAAAAA');
  const { groupId, memberId } = member;
  await client.call(FindCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId] });
  const joined = { groupId, memberId, memberEpoch: 0, subscribedTopicNames: ['t', 'u'] };
  assert.equal((await client.call(ShareGroupHeartbeat, 1, joined)).errorCode, NONE);
  const fetch = async (topics: readonly string[], maxWaitMs = 60_000) => {
    const named = topics.map((topic) => ({ topicId: ids.get(topic), partitions: [{ partitionIndex: 0 }] }));
    const { errorCode, responses } = await member.fetch({ topics: named, maxWaitMs } as FetchFields);
    assert.equal(errorCode, NONE);
    const found = responses.flatMap(({ topicId, partitions }) =>
      partitions.map((one) => [topicId === ids.get('t') ? 't' : 'u', one.errorCode, one.acquiredRecords.length]),
    );
    return found.sort();
  };
  // The partitions are initialized soon after their first member came.
  while ((await fetch(['t', 'u'], 0)).some(([, errorCode]) => errorCode !== NONE)) member.epoch = 0;
  await broker.produce('t', 'a');
  await broker.produce('u', 'b');
  member.epoch = 0;
  const t = { error: 'NOT_LEADER_OR_FOLLOWER', topic: 't' } as const;
  broker.fail('ShareFetch', t);
  const both = [
    ['t', NOT_LEADER_OR_FOLLOWER, 0],
    ['u', NONE, 1],
  ];
  assert.deepEqual(await fetch(['t', 'u']), both);
  await broker.produce('u', 'c');
  const unnamed = broker.fail('ShareFetch', t);
  assert.deepEqual(await fetch([]), both);
  assert.equal(unnamed.hits, 1);
  assert.deepEqual(await fetch([]), [['t', NONE, 1]]);
  broker.fail('ShareFetch', t);
  const said = await member.fetch({ maxWaitMs: 0 }, [0, 0, 1]);
  const [{ errorCode, acknowledgeErrorCode } = {}] = said.responses[0]?.partitions ?? [];
  assert.deepEqual([errorCode, acknowledgeErrorCode], [NOT_LEADER_OR_FOLLOWER, NOT_LEADER_OR_FOLLOWER]);
  const [accepted] = (await member.fetch({ maxWaitMs: 0 }, [0, 0, 1])).responses[0]?.partitions ?? [];
  assert.equal(accepted?.acknowledgeErrorCode, NONE);
});

test('topics that are named by id are found by their names', async () => {
  await using broker = await startBroker({ topics: ['t', 'u'] });
  using client = await clientOf(broker);
  const [{ id = '' } = {}] = broker.topics();
  await broker.produce('t', 'a');
  broker.fail('Fetch', { error: 'NOT_LEADER_OR_FOLLOWER', topic: 'u' });
  broker.fail('Fetch', { error: 'NOT_LEADER_OR_FOLLOWER', topic: 't' });
  const { responses } = await client.call(Fetch, 13, fetchRequest(id, [{ partition: 0 }]));
  assert.deepEqual(responses[0]?.partitions[0]?.errorCode, NOT_LEADER_OR_FOLLOWER);
  broker.fail('Produce', { error: 'NOT_LEADER_OR_FOLLOWER', topic: 't' });
  const produced = await client.call(Produce, 13, produceRequest('', 0, batchOf(['x']), { topicId: id }));
  assert.equal(produced.responses[0]?.partitionResponses[0]?.errorCode, NOT_LEADER_OR_FOLLOWER);
});

test('metadata of which a topic fails has the brokers and the other topics', async () => {
  await using broker = await startBroker({ topics: ['t', 'u'] });
  using client = await clientOf(broker);
  broker.fail('Metadata', { error: 'LEADER_NOT_AVAILABLE', topic: 't' });
  const { brokers, topics } = await client.call(Metadata, 12, { topics: null });
  assert.equal(brokers.length, 1);
  assert.deepEqual(
    topics.map(({ name, errorCode, partitions }) => [name, errorCode, partitions.length]),
    [
      ['t', ErrorCode.LEADER_NOT_AVAILABLE, 0],
      ['u', NONE, 1],
    ],
  );
});

test('a write without acks that fails ends the connection', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  using client = await clientOf(broker);
  broker.fail('Produce', { error: 'NOT_ENOUGH_REPLICAS' });
  client.start(Produce, 9, produceRequest('t', 0, batchOf(['x']), { acks: 0 }));
  await client.closed;
  assert.deepEqual(await broker.records('t'), []);
});

test('throttling stands in the answer, and the next request waits for so long', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  using client = await clientOf(broker);
  broker.throttle('Produce', { ms: 3_600_000 });
  const write = produceRequest('t', 0, batchOf(['x']));
  assert.equal((await client.call(Produce, 9, write)).throttleTimeMs, 3_600_000);
  const second = client.call(Produce, 9, write);
  using other = await clientOf(broker);
  await other.call(Metadata, 12, { topics: null });
  assert.equal((await broker.records('t')).length, 1);
  await broker.clock.advance(3_600_000);
  assert.equal((await second).throttleTimeMs, 0);
});

test('throttling and a quota agree: the longer of the two stands in the answer and counts', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  using client = await clientOf(broker);
  const quota = { key: 'request_percentage', value: 1e-9, remove: false };
  const entries = [{ entity: [{ entityType: 'user', entityName: null }], ops: [quota] }];
  await client.call(AlterClientQuotas, 1, { entries, validateOnly: false });
  const write = produceRequest('t', 0, batchOf(['x']));
  const byQuota = client.call(Produce, 9, write);
  await broker.clock.advance(1000);
  // A window at most.
  assert.equal((await byQuota).throttleTimeMs, 1000);
  for (const [ms, said] of [
    [60_000, 60_000],
    [10, 1000],
  ] as const) {
    const fault = broker.throttle('Produce', { ms, times: 1 });
    const throttled = client.call(Produce, 9, write);
    await broker.clock.advance(60_000);
    assert.equal((await throttled).throttleTimeMs, said);
    assert.equal(fault.hits, 1);
  }
  await broker.reset();
  await broker.clock.advance(60_000);
  assert.equal((await client.call(Metadata, 12, { topics: null })).throttleTimeMs, 0);
});
