/** ConsumerGroupHeartbeat: epochs, assignments, and who is refused, as Apache Kafka 4.4 answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../../protocol/errors.ts';
import { ConsumerWorld, EAGER, JOIN } from '../../../support/consumer-world.ts';
import type { Beating } from '../../../support/consumer-world.ts';
import { settle } from '../../../support/groups.ts';

const ALL = { orders: [0, 1, 2, 3] };

test('the first member of a group gets its assignment at once, in epoch 2', async () => {
  const world = await ConsumerWorld.open();
  const { memberId, memberEpoch, heartbeatIntervalMs, assignment } = await world.joinConsumer('a');
  assert.deepEqual(
    { memberId, memberEpoch, heartbeatIntervalMs },
    { memberId: 'a', memberEpoch: 2, heartbeatIntervalMs: 5000 },
  );
  assert.deepEqual(assignment, ALL);
  assert.equal(await world.consumerState(), 'Stable');
});

test('a member without topics is in epoch 1, one with a topic that does not exist in epoch 2, both with nothing', async () => {
  const world = await ConsumerWorld.open();
  const none = await world.joinConsumer('a', { groupId: 'none', subscribedTopicNames: [] });
  assert.deepEqual([none.memberEpoch, none.assignment], [1, {}]);
  const unknown = await world.joinConsumer('a', { groupId: 'unknown', subscribedTopicNames: ['nowhere'] });
  assert.deepEqual([unknown.memberEpoch, unknown.assignment], [2, {}]);
});

test('a second member waits until the first has given back what it is to have', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a');
  const joined = await world.joinConsumer('b');
  assert.deepEqual([joined.memberEpoch, joined.assignment], [3, {}]);
  assert.equal(await world.consumerState(), 'Reconciling');
  const asked = await world.beat('a', { memberEpoch: 2, owned: ALL });
  assert.deepEqual([asked.memberEpoch, asked.assignment], [2, { orders: [0, 1] }]);
  assert.deepEqual(await world.beat('b', { memberEpoch: 3 }).then(({ assignment }) => assignment), null);
  const gave = await world.beat('a', { memberEpoch: 2, owned: { orders: [0, 1] } });
  assert.deepEqual([gave.memberEpoch, gave.assignment], [3, null]);
  const got = await world.beat('b', { memberEpoch: 3 });
  assert.deepEqual([got.memberEpoch, got.assignment], [3, { orders: [2, 3] }]);
  assert.equal(await world.consumerState(), 'Stable');
});

test('a new assignment is computed once a second, by whoever comes next', async () => {
  const world = await ConsumerWorld.open();
  await world.joinConsumer('a');
  const joined = await world.joinConsumer('b');
  assert.deepEqual([joined.memberEpoch, joined.assignment], [2, {}]);
  const { groupState, groupEpoch, assignmentEpoch } = await world.describe();
  assert.deepEqual(
    { groupState, groupEpoch, assignmentEpoch },
    { groupState: 'Assigning', groupEpoch: 3, assignmentEpoch: 2 },
  );
  await world.pass(999);
  assert.deepEqual((await world.beat('a', { memberEpoch: 2, owned: ALL })).assignment, null);
  await world.pass(1);
  assert.deepEqual((await world.beat('a', { memberEpoch: 2, owned: ALL })).assignment, { orders: [0, 1] });
});

test('the assignment is told to who joins, to who tells everything, and when it has changed', async () => {
  const world = await ConsumerWorld.open();
  await world.joinConsumer('a');
  const told = async (beating: Beating): Promise<boolean> => {
    const { errorCode, assignment } = await world.beat('a', { memberEpoch: 2, ...beating });
    assert.equal(errorCode, 0);
    return assignment !== null;
  };
  assert.equal(await told({}), false);
  assert.equal(await told({ subscribedTopicNames: ['orders'] }), false);
  assert.equal(await told({ owned: ALL }), false);
  assert.equal(await told({ owned: {} }), false);
  assert.equal(await told({ rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['orders'], owned: ALL }), true);
});

test('an epoch that is not the current one is fenced', async () => {
  const world = await ConsumerWorld.open();
  await world.joinConsumer('a');
  assert.equal((await world.beat('a', { memberEpoch: 1 })).errorCode, ErrorCode.FENCED_MEMBER_EPOCH);
  assert.equal((await world.beat('a', { memberEpoch: 3 })).errorCode, ErrorCode.FENCED_MEMBER_EPOCH);
});

test('the epoch before is accepted from a member that shows it missed no more than an answer', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a');
  await world.joinConsumer('b', { subscribedTopicNames: [] });
  const next = await world.beat('a', { memberEpoch: 2, owned: ALL });
  assert.equal(next.memberEpoch, 2, 'nothing to assign to b');
  await world.joinConsumer('c');
  await world.beat('a', { memberEpoch: 2, owned: ALL });
  const moved = await world.beat('a', { memberEpoch: 2, owned: { orders: [0, 1] } });
  assert.equal(moved.memberEpoch, 3);
  assert.equal((await world.beat('a', { memberEpoch: 2 })).errorCode, ErrorCode.FENCED_MEMBER_EPOCH);
  assert.equal((await world.beat('a', { memberEpoch: 2, owned: ALL })).errorCode, ErrorCode.FENCED_MEMBER_EPOCH);
  const again = await world.beat('a', { memberEpoch: 2, owned: { orders: [1] } });
  assert.deepEqual([again.errorCode, again.memberEpoch, again.assignment], [0, 3, null]);
});

test('a dynamic member may join again, with the full answer and without a new epoch', async () => {
  const world = await ConsumerWorld.open();
  await world.joinConsumer('a');
  const again = await world.joinConsumer('a');
  assert.deepEqual([again.memberEpoch, again.assignment], [2, ALL]);
  assert.equal((await world.describe()).groupEpoch, 2);
});

test('who leaves is gone, and others get what it had', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a');
  await world.joinConsumer('b');
  const left = await world.beat('a', { memberEpoch: -1 });
  const { errorCode, memberId, memberEpoch, heartbeatIntervalMs, assignment } = left;
  assert.deepEqual(
    { errorCode, memberId, memberEpoch, heartbeatIntervalMs, assignment },
    { errorCode: 0, memberId: 'a', memberEpoch: -1, heartbeatIntervalMs: 0, assignment: null },
  );
  assert.equal((await world.beat('a', { memberEpoch: -1 })).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  assert.deepEqual((await world.beat('b', { memberEpoch: 3, owned: {} })).assignment, ALL);
});

test('a group or member that does not exist is not found', async () => {
  const world = await ConsumerWorld.open();
  assert.equal((await world.beat('a', { memberEpoch: 1 })).errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  await world.joinConsumer('a');
  assert.equal((await world.beat('b', { memberEpoch: 1 })).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
});

test('requests that say too little or too much are refused', async () => {
  const world = await ConsumerWorld.open();
  const refused = async (memberId: string, beating: Beating): Promise<number> =>
    (await world.beat(memberId, { ...JOIN, ...beating })).errorCode;
  const INVALID = ErrorCode.INVALID_REQUEST;
  assert.equal(await refused('a', { subscribedTopicNames: null }), INVALID);
  assert.equal(await refused('a', { rebalanceTimeoutMs: -1 }), INVALID);
  assert.equal(await refused('a', { topicPartitions: null }), INVALID);
  assert.equal(
    await refused('a', { topicPartitions: [{ topicId: 'Rr6zOWwiT1C4lXtjO2KbQQ', partitions: [] }] }),
    INVALID,
  );
  assert.equal(await refused('a', { groupId: '' }), INVALID);
  assert.equal(await refused('a', { instanceId: ' ' }), INVALID);
  assert.equal(await refused('a', { rackId: '' }), INVALID);
  assert.equal(await refused(' ', {}), INVALID);
  assert.equal(await refused('a', { memberEpoch: -3 }), INVALID);
  assert.equal(await refused('a', { memberEpoch: -2 }), INVALID);
  assert.equal(await refused('a', { serverAssignor: 'sticky' }), ErrorCode.UNSUPPORTED_ASSIGNOR);
  assert.equal(await refused('a', { serverAssignor: '' }), ErrorCode.UNSUPPORTED_ASSIGNOR);
  assert.equal(await refused('a', { rebalanceTimeoutMs: 0, subscribedTopicNames: ['', 'orders', 'orders'] }), 0);
});

test('in version 0 the broker makes the id of a new member', async () => {
  const world = await ConsumerWorld.open();
  const { memberId } = await world.joinConsumer('', { apiVersion: 0 });
  assert.match(memberId ?? '', /^[A-Za-z0-9_-]{22}$/);
});

test('a group takes as many members as it may have', async () => {
  const world = await ConsumerWorld.open({ 'group.consumer.max.size': '1' });
  await world.joinConsumer('a');
  assert.equal((await world.beat('b', JOIN)).errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
  await world.joinConsumer('a');
});

test('the assignor that most members want assigns', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.createTopic('returns');
  const topics = { subscribedTopicNames: ['orders', 'returns'] };
  await world.joinConsumer('a', { ...topics, serverAssignor: 'range' });
  assert.equal((await world.describe()).assignorName, 'range');
  await world.joinConsumer('b', topics);
  const asked = await world.beat('a', { memberEpoch: 2 });
  assert.deepEqual(asked.assignment, { orders: [0, 1], returns: [0, 1] });
  await world.beat('b', { memberEpoch: 3, serverAssignor: 'uniform' });
  await world.beat('a', { memberEpoch: 2, serverAssignor: 'uniform' });
  const { assignorName, groupEpoch } = await world.describe();
  assert.deepEqual({ assignorName, groupEpoch }, { assignorName: 'uniform', groupEpoch: 4 });
});

test('a member that is silent for its session timeout is removed', async () => {
  const world = await ConsumerWorld.open();
  await world.joinConsumer('a');
  await world.pass(44_999);
  assert.equal((await world.beat('a', { memberEpoch: 2 })).errorCode, 0);
  await world.pass(44_999);
  // One that is fenced does not count as a sign of life.
  assert.equal((await world.beat('a', { memberEpoch: 1 })).errorCode, ErrorCode.FENCED_MEMBER_EPOCH);
  await world.pass(1);
  assert.equal((await world.beat('a', { memberEpoch: 2 })).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  const { groupState, groupEpoch } = await world.describe();
  assert.deepEqual({ groupState, groupEpoch }, { groupState: 'Empty', groupEpoch: 3 });
});

test('a member that does not give partitions back in time is removed although it is alive', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a', { rebalanceTimeoutMs: 10_000 });
  await world.joinConsumer('b');
  await world.beat('a', { memberEpoch: 2, owned: ALL });
  await world.pass(9_999);
  assert.equal((await world.beat('a', { memberEpoch: 2, owned: ALL })).errorCode, 0);
  await world.pass(1);
  assert.equal((await world.beat('a', { memberEpoch: 2, owned: ALL })).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  assert.deepEqual((await world.beat('b', { memberEpoch: 3, owned: {} })).assignment, ALL);
});

test('a member is not held to give partitions back when asking for them was lost', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a', { rebalanceTimeoutMs: 20_000 });
  world.engine.autoCommit = false;
  const lost = [world.beat('b', JOIN), world.beat('a', { memberEpoch: 2, owned: ALL })];
  await settle();
  world.engine.fail();
  world.engine.autoCommit = true;
  for (const { errorCode } of await Promise.all(lost)) assert.notEqual(errorCode, ErrorCode.NONE);
  for (let passed = 0; passed < 30_000; passed += 10_000) {
    assert.equal((await world.beat('a', { memberEpoch: 2, owned: ALL })).errorCode, ErrorCode.NONE);
    await world.pass(10_000);
  }
});

test('more partitions of a topic are assigned with the next heartbeat', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a');
  await world.metadata.createPartitions('orders', 6);
  const { memberEpoch, assignment } = await world.beat('a', { memberEpoch: 2 });
  assert.deepEqual({ memberEpoch, assignment }, { memberEpoch: 3, assignment: { orders: [0, 1, 2, 3, 4, 5] } });
});

test('a topic that comes later is assigned with the next heartbeat, and one that is deleted is taken away', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a', { subscribedTopicNames: ['returns'] });
  await world.createTopic('returns');
  const came = await world.beat('a', { memberEpoch: 2 });
  assert.deepEqual([came.memberEpoch, came.assignment], [3, { returns: [0, 1, 2, 3] }]);
  await world.metadata.deleteTopic('returns');
  const went = await world.beat('a', { memberEpoch: 3, owned: {} });
  assert.deepEqual([went.memberEpoch, went.assignment], [4, {}]);
});

test('a member that leaves a topic loses it at once, before a new assignment', async () => {
  const world = await ConsumerWorld.open();
  await world.createTopic('returns');
  const joined = await world.joinConsumer('a', { subscribedTopicNames: ['orders', 'returns'] });
  assert.deepEqual(Object.keys(joined.assignment ?? {}).sort(), ['orders', 'returns']);
  const { memberEpoch, assignment } = await world.beat('a', { memberEpoch: 2, subscribedTopicNames: ['orders'] });
  assert.deepEqual({ memberEpoch, assignment }, { memberEpoch: 2, assignment: ALL });
});

test('settings of the group itself go before those of the broker', async () => {
  const world = await ConsumerWorld.open();
  const own = new Map([
    ['consumer.heartbeat.interval.ms', '6000'],
    ['consumer.session.timeout.ms', '50000'],
  ]);
  await world.metadata.alterDynamicConfigs(32, 'group', () => own);
  assert.equal((await world.joinConsumer('a')).heartbeatIntervalMs, 6000);
  await world.pass(49_999);
  assert.equal((await world.beat('a', { memberEpoch: 2 })).errorCode, 0);
});

test('where the protocol is off, its requests are not known', async () => {
  const world = await ConsumerWorld.open({ 'group.coordinator.rebalance.protocols': 'classic' });
  assert.equal((await world.beat('a', JOIN)).errorCode, ErrorCode.UNSUPPORTED_VERSION);
  assert.equal((await world.describe()).errorCode, ErrorCode.UNSUPPORTED_VERSION);
});

test('a member whose removal could not be stored is removed a little later', async () => {
  const world = await ConsumerWorld.open();
  await world.joinConsumer('a');
  await world.joinConsumer('b');
  world.engine.autoCommit = false;
  const leaving = world.beat('b', { memberEpoch: -1 });
  await world.pass(0);
  world.engine.fail();
  assert.notEqual((await leaving).errorCode, 0);
  await world.pass(45_000);
  world.engine.fail();
  world.engine.autoCommit = true;
  await world.pass(0);
  assert.deepEqual(Object.keys(await world.held()).sort(), ['a', 'b']);
  await world.pass(5_000);
  assert.equal(await world.consumerState(), 'Empty');
});
