/** Streams groups as clients see them, joining, told of and leaving: what real Kafka 4.4 was seen to answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  AT_ONCE,
  type Beat,
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

test('the first member of a group waits for more, and gets its tasks after the initial delay', async () => {
  const world = await openStreamsWorld({});
  const joined = await beat(world.services, 'a', JOIN);
  assert.equal(joined.errorCode, ErrorCode.NONE);
  assert.equal(joined.memberId, 'a');
  assert.equal(joined.memberEpoch, 1);
  assert.equal(joined.heartbeatIntervalMs, 5000);
  assert.equal(joined.acceptableRecoveryLag, 10_000);
  assert.equal(joined.taskOffsetIntervalMs, 60_000);
  assert.deepEqual(joined.activeTasks, []);
  assert.deepEqual(statuses(joined), [5]);
  assert.match(joined.status?.[0]?.statusDetail ?? '', /initial rebalance delay/);

  await world.pass(2999);
  const early = await beat(world.services, 'a', { memberEpoch: 1 });
  assert.equal(early.memberEpoch, 1);
  assert.equal(early.activeTasks, null);
  await world.pass(1);
  const assigned = await beat(world.services, 'a', { memberEpoch: 1 });
  assert.equal(assigned.memberEpoch, 2);
  assert.deepEqual(assigned.activeTasks, tasks('0', 0, 1, 2, 3));
  assert.deepEqual(statuses(assigned), []);
  assert.equal((await beat(world.services, 'a', { memberEpoch: 2 })).activeTasks, null);
});

test('a group that is deleted during its initial delay leaves nothing of it to the next of its name', async () => {
  const world = await openStreamsWorld({});
  await beat(world.services, 'a', JOIN);
  await world.pass(2000);
  await beat(world.services, 'a', { memberEpoch: -1 });
  assert.equal(await world.apis.deleteGroup('group'), ErrorCode.NONE);
  await beat(world.services, 'a', JOIN);
  await world.pass(2000);
  assert.deepEqual(statuses(await beat(world.services, 'a', { memberEpoch: 1 })), [5]);
  await world.pass(1000);
  assert.equal((await beat(world.services, 'a', { memberEpoch: 1 })).memberEpoch, 2);
});

test('members that come during the initial delay share the tasks at once', async () => {
  const world = await openStreamsWorld({});
  await beat(world.services, 'a', JOIN);
  await world.pass(1000);
  assert.equal((await beat(world.services, 'b', { ...JOIN, processId: 'b' })).memberEpoch, 1);
  await world.pass(2000);
  const a = await beat(world.services, 'a', { memberEpoch: 1 });
  const b = await beat(world.services, 'b', { memberEpoch: 1 });
  assert.deepEqual([a.memberEpoch, b.memberEpoch], [3, 3]);
  assert.equal(a.activeTasks?.[0]?.partitions.length, 2);
  assert.equal(b.activeTasks?.[0]?.partitions.length, 2);
});

test('without the delay a member gets its tasks with its join', async () => {
  const world = await openStreamsWorld();
  const joined = await beat(world.services, 'a', JOIN);
  assert.equal(joined.memberEpoch, 2);
  assert.deepEqual(joined.activeTasks, tasks('0', 0, 1, 2, 3));
  assert.deepEqual(joined.standbyTasks, []);
  assert.deepEqual(joined.warmupTasks, []);
});

test('version 0 answers like version 1, without the recovery lag', async () => {
  const world = await openStreamsWorld();
  const joined = await beat(world.services, 'a', { ...JOIN, apiVersion: 0 });
  assert.equal(joined.memberEpoch, 2);
  assert.deepEqual(joined.activeTasks, tasks('0', 0, 1, 2, 3));
});

for (const [what, request, message] of [
  ['no topology', { topology: null }, /Topology must be non-null/],
  ['no tasks', { activeTasks: null }, /ActiveTasks must be empty/],
  ['tasks already', { standbyTasks: tasks('0', 1) }, /StandbyTasks must be empty/],
  ['no warm-up tasks', { warmupTasks: null }, /WarmupTasks must be empty/],
  ['no rebalance timeout', { rebalanceTimeoutMs: -1 }, /RebalanceTimeoutMs must be provided/],
  ['an empty member id', { memberId: ' ' }, /MemberId can't be empty/],
  ['an empty group id', { groupId: '' }, /GroupId can't be empty/],
  ['an empty instance id', { instanceId: '' }, /InstanceId can't be empty/],
  ['an empty rack id', { rackId: '' }, /RackId can't be empty/],
  [
    'a regular expression',
    { topology: { epoch: 0, subtopologies: [subtopology('0', { sourceTopicRegex: ['o.*'] })] } },
    /not supported yet/,
  ],
] as const) {
  test(`a join with ${what} is refused`, async () => {
    const world = await openStreamsWorld();
    const refused = await beat(world.services, 'a', { ...JOIN, ...(request as Beat) });
    assert.equal(refused.errorCode, ErrorCode.INVALID_REQUEST);
    assert.match(refused.errorMessage ?? '', message);
    assert.equal(refused.memberId, '');
    assert.equal(refused.acceptableRecoveryLag, -1);
  });
}

for (const [what, request, message] of [
  ['only some kinds of tasks', { memberEpoch: 2, activeTasks: [] }, /all must be non-null/],
  ['a topology though it is no join', { memberEpoch: 2, topology: JOIN.topology }, /only be provided when/],
  ['a leave of a static member without its instance id', { memberEpoch: -2 }, /InstanceId can't be null/],
  ['an epoch that means nothing', { memberEpoch: -3 }, /MemberEpoch is -3/],
  ['a subtopology that is not there', { ...owns(2), activeTasks: tasks('9', 0) }, /Subtopology 9 does not exist/],
  ['a task that is not there', owns(2, 4), /Task 4 for subtopology 0 is invalid/],
  [
    'offsets of a task twice',
    { memberEpoch: 2, taskOffsets: [0, 1].map((offset) => ({ subtopologyId: '0', partition: 0, offset })) },
    /duplicate entry for subtopology 0 and partition 0/,
  ],
] as const) {
  test(`a heartbeat with ${what} is refused`, async () => {
    const world = await openStreamsWorld();
    await beat(world.services, 'a', JOIN);
    const refused = await beat(world.services, 'a', request as Beat);
    assert.equal(refused.errorCode, ErrorCode.INVALID_REQUEST);
    assert.match(refused.errorMessage ?? '', message);
  });
}

test('a request to shut down reaches every member until the group is empty', async () => {
  const world = await openStreamsWorld();
  await beat(world.services, 'a', { ...JOIN, processId: 'a' });
  await beat(world.services, 'b', { ...JOIN, processId: 'b' });
  const asking = await beat(world.services, 'a', { ...owns(2, 0, 1, 2, 3), shutdownApplication: true });
  assert.ok(statuses(asking).includes(4));
  const told = await beat(world.services, 'b', { memberEpoch: 3 });
  assert.deepEqual(statuses(told), [4]);
  assert.match(told.status?.[0]?.statusDetail ?? '', /Streams group member a encountered a fatal error/);
  await beat(world.services, 'a', { memberEpoch: -1 });
  await beat(world.services, 'b', { memberEpoch: -1 });
  assert.deepEqual(statuses(await beat(world.services, 'c', JOIN)), []);
});

test('a member that leaves asking for a shutdown is heard', async () => {
  const world = await openStreamsWorld();
  await beat(world.services, 'a', { ...JOIN, processId: 'a' });
  await beat(world.services, 'b', { ...JOIN, processId: 'b' });
  await beat(world.services, 'a', { memberEpoch: -1, shutdownApplication: true });
  assert.deepEqual(statuses(await beat(world.services, 'b', owns(3))), [4]);
});

test('endpoints are told to who has an older version of them', async () => {
  const world = await openStreamsWorld();
  const userEndpoint = { host: 'here', port: 7070 };
  const joined = await beat(world.services, 'a', { ...JOIN, userEndpoint });
  assert.equal(joined.endpointInformationEpoch, 0);
  const entry = {
    userEndpoint,
    activePartitions: [{ topic: 'orders', partitions: [0, 1, 2, 3] }],
    standbyPartitions: [],
  };
  assert.deepEqual(joined.partitionsByUserEndpoint, [entry]);
  assert.equal((await beat(world.services, 'a', { memberEpoch: 2 })).partitionsByUserEndpoint, null);

  const moved = { host: 'there', port: 7070 };
  const told = await beat(world.services, 'a', { memberEpoch: 2, userEndpoint: moved });
  assert.equal(told.endpointInformationEpoch, 1);
  assert.deepEqual(told.partitionsByUserEndpoint, [{ ...entry, userEndpoint: moved }]);
  const known = await beat(world.services, 'a', { memberEpoch: told.memberEpoch, endpointInformationEpoch: 1 });
  assert.equal(known.partitionsByUserEndpoint, null);
  const other = await beat(world.services, 'b', { ...JOIN, processId: 'b', endpointInformationEpoch: 0 });
  assert.equal(other.partitionsByUserEndpoint?.length, 1);
});

test('missing client tags are named to those who know that status', async () => {
  const world = await openStreamsWorld({ ...AT_ONCE, 'group.streams.rack.aware.assignment.tags': 'zone,rack' });
  const clientTags = [{ key: 'zone', value: 'z1' }];
  const joined = await beat(world.services, 'a', { ...JOIN, clientTags });
  assert.deepEqual(statuses(joined), [6]);
  assert.match(joined.status?.[0]?.statusDetail ?? '', /\[rack\]/);
  assert.deepEqual(statuses(await beat(world.services, 'a', { memberEpoch: 2, apiVersion: 0 })), []);
});

test('epochs that are too old or too new are fenced, a repeated one is not', async () => {
  const world = await openStreamsWorld();
  await beat(world.services, 'a', { ...JOIN, processId: 'a' });
  await beat(world.services, 'b', { ...JOIN, processId: 'b' });
  await beat(world.services, 'a', owns(2, 0, 1, 2, 3));
  assert.equal((await beat(world.services, 'a', owns(2, 0, 1))).memberEpoch, 3);
  const repeated = await beat(world.services, 'a', owns(2, 0, 1));
  assert.equal(repeated.errorCode, ErrorCode.NONE);
  assert.equal(repeated.memberEpoch, 3);
  const fenced = [owns(2, 0, 1, 2), { memberEpoch: 2 }, { memberEpoch: 4 }, { memberEpoch: 1 }];
  for (const request of fenced) {
    const refused = await beat(world.services, 'a', request);
    assert.equal(refused.errorCode, ErrorCode.FENCED_MEMBER_EPOCH);
  }
});

test('who left is not known any more', async () => {
  const world = await openStreamsWorld();
  await beat(world.services, 'a', JOIN);
  const left = await beat(world.services, 'a', { memberEpoch: -1 });
  assert.deepEqual([left.errorCode, left.memberEpoch, left.heartbeatIntervalMs], [0, -1, 0]);
  assert.deepEqual(left.status, []);
  assert.equal((await beat(world.services, 'a', { memberEpoch: -1 })).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal((await beat(world.services, 'a', { memberEpoch: 2 })).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  const elsewhere = await beat(world.services, 'a', { memberEpoch: 2, groupId: 'other' });
  assert.equal(elsewhere.errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
});

test('a full group takes nobody new', async () => {
  const world = await openStreamsWorld({ ...AT_ONCE, 'group.streams.max.size': '1' });
  await beat(world.services, 'a', JOIN);
  const refused = await beat(world.services, 'b', JOIN);
  assert.equal(refused.errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
  assert.equal((await beat(world.services, 'a', JOIN)).errorCode, ErrorCode.NONE);
});

test('a group lives through a restart, and its members go on', async () => {
  const world = await openStreamsWorld();
  const stateful = subtopology('0', { sourceTopics: ['orders'], stateChangelogTopics: [CHANGELOG] });
  const clientTags = [{ key: 'zone', value: 'z1' }];
  const userEndpoint = { host: 'here', port: 7070 };
  const join = { ...JOIN, topology: { epoch: 3, subtopologies: [stateful] }, clientTags, userEndpoint, rackId: 'r' };
  await beat(world.services, 'a', { ...join, processId: 'p', instanceId: 'i' });
  await beat(world.services, 'a', { memberEpoch: 2, instanceId: 'i' });
  const before = await describeStreams(world.services);
  assert.equal(before.members[0]?.assignment.activeTasks[0]?.partitions.length, 4);
  const next = await world.restart();
  assert.deepEqual(await describeStreams(next.services), before);
  const alive = await beat(next.services, 'a', { ...owns(3, 0, 1, 2, 3), instanceId: 'i' });
  assert.deepEqual([alive.errorCode, alive.memberEpoch, alive.activeTasks], [0, 3, null]);
  await next.pass(45_000);
  assert.equal((await describeStreams(next.services)).groupState, 'Empty');
});

test('nothing is served when the settings leave streams groups out', async () => {
  const world = await openStreamsWorld({ 'group.coordinator.rebalance.protocols': 'classic' });
  assert.equal((await beat(world.services, 'a', JOIN)).errorCode, ErrorCode.UNSUPPORTED_VERSION);
  assert.equal((await describeStreams(world.services)).errorCode, ErrorCode.UNSUPPORTED_VERSION);
});
