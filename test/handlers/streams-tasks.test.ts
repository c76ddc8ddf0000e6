/** Tasks of streams groups: how they move between members, come back and are given up, as Kafka 4.4 was seen to do it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { ConfigResourceType } from '../../src/metadata/types.ts';
import { settle } from '../support/groups.ts';
import {
  beat,
  CHANGELOG,
  describeStreams,
  JOIN,
  openStreamsWorld,
  owns,
  statuses,
  subtopology,
  tasks,
} from '../support/streams-groups.ts';

test('tasks move when a member joins: revoked first, then the epoch goes up, then the other gets them', async () => {
  const world = await openStreamsWorld();
  const first = await beat(world.services, 'a', { ...JOIN, processId: 'a' });
  assert.deepEqual(first.activeTasks, tasks('0', 0, 1, 2, 3));
  const second = await beat(world.services, 'b', { ...JOIN, processId: 'b' });
  assert.equal(second.memberEpoch, 3);
  assert.deepEqual(second.activeTasks, []);
  assert.equal((await describeStreams(world.services)).groupState, 'Reconciling');

  const revoking = await beat(world.services, 'a', owns(2, 0, 1, 2, 3));
  assert.equal(revoking.memberEpoch, 2);
  assert.deepEqual(revoking.activeTasks, tasks('0', 0, 1));
  assert.equal((await beat(world.services, 'b', owns(3))).activeTasks, null);
  const released = await beat(world.services, 'a', owns(2, 0, 1));
  assert.equal(released.memberEpoch, 3);
  assert.equal(released.activeTasks, null);
  const taken = await beat(world.services, 'b', owns(3));
  assert.equal(taken.memberEpoch, 3);
  assert.deepEqual(taken.activeTasks, tasks('0', 2, 3));
  assert.equal((await describeStreams(world.services)).groupState, 'Stable');
});

test('a second assignment waits for the interval', async () => {
  const world = await openStreamsWorld({ 'group.streams.initial.rebalance.delay.ms': '0' });
  await beat(world.services, 'a', { ...JOIN, processId: 'a' });
  const early = await beat(world.services, 'b', { ...JOIN, processId: 'b' });
  assert.equal(early.memberEpoch, 2);
  assert.deepEqual(statuses(early), [5]);
  assert.match(early.status?.[0]?.statusDetail ?? '', /assignment interval/);
  assert.equal((await describeStreams(world.services)).groupState, 'Assigning');
  await world.pass(1000);
  assert.equal((await beat(world.services, 'b', owns(2))).memberEpoch, 3);
});

test('standbys come with the group setting, on other processes', async () => {
  const world = await openStreamsWorld();
  await world.metadata.alterDynamicConfigs(
    ConfigResourceType.GROUP,
    'group',
    () => new Map([['streams.num.standby.replicas', '1']]),
  );
  const stateful = subtopology('0', { sourceTopics: ['orders'], stateChangelogTopics: [CHANGELOG] });
  const join = { ...JOIN, topology: { epoch: 0, subtopologies: [stateful] } };
  await beat(world.services, 'a', { ...join, processId: 'a' });
  await beat(world.services, 'a', { memberEpoch: 2 });
  const second = await beat(world.services, 'b', { ...join, processId: 'b' });
  assert.deepEqual(second.standbyTasks, tasks('0', 0, 1));
  const first = await beat(world.services, 'a', owns(3, 0, 1, 2, 3));
  assert.deepEqual(first.activeTasks, tasks('0', 0, 1));
  // It has their state already.
  assert.deepEqual(first.standbyTasks, tasks('0', 2, 3));
});

test('a changed group setting moves the group to another epoch', async () => {
  const world = await openStreamsWorld();
  await beat(world.services, 'a', JOIN);
  await world.metadata.alterDynamicConfigs(
    ConfigResourceType.GROUP,
    'group',
    () => new Map([['streams.num.standby.replicas', '1']]),
  );
  assert.equal((await beat(world.services, 'a', owns(2, 0, 1, 2, 3))).memberEpoch, 3);
});

test('a dynamic member that joins again gets all its tasks, and nothing changes', async () => {
  const world = await openStreamsWorld();
  await beat(world.services, 'a', JOIN);
  const again = await beat(world.services, 'a', JOIN);
  assert.equal(again.memberEpoch, 2);
  assert.deepEqual(again.activeTasks, tasks('0', 0, 1, 2, 3));
});

test('a member whose session expires loses its tasks to the others', async () => {
  const world = await openStreamsWorld();
  await beat(world.services, 'a', { ...JOIN, processId: 'a' });
  await beat(world.services, 'b', { ...JOIN, processId: 'b' });
  for (let passed = 0; passed < 45_000; passed += 15_000) {
    await beat(world.services, 'b', owns(3));
    await world.pass(15_000);
  }
  assert.equal((await beat(world.services, 'a', { memberEpoch: 2 })).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  const taken = await beat(world.services, 'b', owns(3));
  assert.equal(taken.memberEpoch, 4);
  assert.deepEqual(taken.activeTasks, tasks('0', 0, 1, 2, 3));
});

test('a member that does not give up its tasks in time is removed though it lives', async () => {
  const world = await openStreamsWorld();
  await beat(world.services, 'a', { ...JOIN, processId: 'a', rebalanceTimeoutMs: 20_000 });
  await beat(world.services, 'b', { ...JOIN, processId: 'b' });
  const asked = await beat(world.services, 'a', owns(2, 0, 1, 2, 3));
  assert.deepEqual(asked.activeTasks, tasks('0', 0, 1));
  await world.pass(10_000);
  assert.equal((await beat(world.services, 'a', owns(2, 0, 1, 2, 3))).errorCode, 0);
  await world.pass(10_000);
  assert.equal((await beat(world.services, 'a', owns(2, 0, 1, 2, 3))).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
});

test('a member is not held to give up tasks when asking for them was lost', async () => {
  const world = await openStreamsWorld();
  await beat(world.services, 'a', { ...JOIN, processId: 'a', rebalanceTimeoutMs: 20_000 });
  world.engine.autoCommit = false;
  const lost = [beat(world.services, 'b', { ...JOIN, processId: 'b' }), beat(world.services, 'a', owns(2, 0, 1, 2, 3))];
  await settle();
  world.engine.fail();
  world.engine.autoCommit = true;
  for (const { errorCode } of await Promise.all(lost)) assert.notEqual(errorCode, ErrorCode.NONE);
  for (let passed = 0; passed < 30_000; passed += 10_000) {
    assert.equal((await beat(world.services, 'a', owns(2, 0, 1, 2, 3))).errorCode, ErrorCode.NONE);
    await world.pass(10_000);
  }
});

test('a static member that is away keeps its tasks, and gets them back under another id', async () => {
  const world = await openStreamsWorld();
  const joined = await beat(world.services, 'a', { ...JOIN, instanceId: 'i' });
  assert.equal(joined.memberEpoch, 2);
  const taken = await beat(world.services, 'b', { ...JOIN, instanceId: 'i' });
  assert.equal(taken.errorCode, ErrorCode.UNRELEASED_INSTANCE_ID);
  assert.equal((await beat(world.services, 'a', { ...JOIN, instanceId: 'i' })).errorCode, taken.errorCode);

  const away = await beat(world.services, 'a', { memberEpoch: -2, instanceId: 'i' });
  assert.deepEqual([away.errorCode, away.memberEpoch], [0, -2]);
  assert.equal((await describeStreams(world.services)).groupState, 'Reconciling');
  const stillAway = await beat(world.services, 'a', { memberEpoch: 2, instanceId: 'i' });
  assert.equal(stillAway.errorCode, ErrorCode.FENCED_MEMBER_EPOCH);

  const back = await beat(world.services, 'b', { ...JOIN, instanceId: 'i' });
  assert.equal(back.memberEpoch, 2);
  assert.deepEqual(back.activeTasks, tasks('0', 0, 1, 2, 3));
  const replaced = await beat(world.services, 'a', { memberEpoch: 2, instanceId: 'i' });
  assert.equal(replaced.errorCode, ErrorCode.FENCED_INSTANCE_ID);
  const unknown = await beat(world.services, 'b', { memberEpoch: 2, instanceId: 'j' });
  assert.equal(unknown.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal((await beat(world.services, 'b', { memberEpoch: 2 })).errorCode, ErrorCode.NONE);
  assert.equal((await describeStreams(world.services)).groupState, 'Stable');
});

test('a static member that does not come back expires, one that leaves for good is gone', async () => {
  const world = await openStreamsWorld();
  await beat(world.services, 'a', { ...JOIN, instanceId: 'i' });
  await beat(world.services, 'a', { memberEpoch: -2, instanceId: 'i' });
  await world.pass(45_000);
  assert.equal((await describeStreams(world.services)).groupState, 'Empty');
  await beat(world.services, 'b', { ...JOIN, instanceId: 'i' });
  const left = await beat(world.services, 'b', { memberEpoch: -1, instanceId: 'i' });
  assert.deepEqual([left.errorCode, left.memberEpoch], [0, -1]);
  assert.equal((await describeStreams(world.services)).members.length, 0);
});

test('a source topic that grows brings more tasks', async () => {
  const world = await openStreamsWorld();
  await beat(world.services, 'a', JOIN);
  await world.metadata.createPartitions('orders', 6);
  const grown = await beat(world.services, 'a', owns(2, 0, 1, 2, 3));
  assert.equal(grown.memberEpoch, 3);
  assert.deepEqual(grown.activeTasks, tasks('0', 0, 1, 2, 3, 4, 5));
});
