/** Streams groups as clients see them: what real Kafka 4.4 was seen to answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import type { Topology } from '../../protocol/generated/streams-group-heartbeat-request.ts';
import type { StreamsGroupHeartbeatResponse } from '../../protocol/generated/streams-group-heartbeat-response.ts';
import { errorCodeOf } from '../../src/coordinator/errors.ts';
import { ConfigResourceType } from '../../src/metadata/types.ts';
import { GroupWorld, settle } from '../support/groups.ts';
import { JOIN, beat, describeStreams, internalTopic, subtopology, tasks } from '../support/streams-groups.ts';
import type { Beat } from '../support/streams-groups.ts';

/** No waiting before assignments. */
const AT_ONCE = {
  'group.streams.initial.rebalance.delay.ms': '0',
  'group.streams.min.assignment.interval.ms': '0',
  'group.streams.assignment.interval.ms': '0',
};

async function open(settings: Readonly<Record<string, string>> = AT_ONCE): Promise<GroupWorld> {
  return GroupWorld.open({ 'offsets.topic.num.partitions': '1', ...settings });
}

/** A member that owns all of its tasks, and says so. */
function owns(epoch: number, ...partitions: number[]): Beat {
  return { memberEpoch: epoch, activeTasks: tasks('0', ...partitions), standbyTasks: [], warmupTasks: [] };
}

function statuses(response: StreamsGroupHeartbeatResponse): number[] {
  return (response.status ?? []).map(({ statusCode }) => statusCode);
}

function topology(epoch: number, sourceTopics: string[]): Topology {
  return { epoch, subtopologies: [subtopology('0', { sourceTopics })] };
}

const CHANGELOG = internalTopic('app-counts-changelog', { 'cleanup.policy': 'compact' });
const WORD_COUNT: Topology = {
  epoch: 0,
  subtopologies: [
    subtopology('0', { sourceTopics: ['orders'], repartitionSinkTopics: ['app-words-repartition'] }),
    subtopology('1', {
      repartitionSourceTopics: [internalTopic('app-words-repartition')],
      stateChangelogTopics: [CHANGELOG],
    }),
  ],
};

test('the first member of a group waits for more, and gets its tasks after the initial delay', async () => {
  const world = await open({});
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
  const world = await open({});
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
  const world = await open({});
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
  const world = await open();
  const joined = await beat(world.services, 'a', JOIN);
  assert.equal(joined.memberEpoch, 2);
  assert.deepEqual(joined.activeTasks, tasks('0', 0, 1, 2, 3));
  assert.deepEqual(joined.standbyTasks, []);
  assert.deepEqual(joined.warmupTasks, []);
});

test('version 0 answers like version 1, without the recovery lag', async () => {
  const world = await open();
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
    const world = await open();
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
    const world = await open();
    await beat(world.services, 'a', JOIN);
    const refused = await beat(world.services, 'a', request as Beat);
    assert.equal(refused.errorCode, ErrorCode.INVALID_REQUEST);
    assert.match(refused.errorMessage ?? '', message);
  });
}

test("topics of Kafka's own, bad names and a changelog with a number of partitions make no topology", async () => {
  const world = await open();
  const numbered = { ...internalTopic('c'), partitions: 3 };
  for (const [parts, message] of [
    [{ sourceTopics: ['__consumer_offsets'] }, /internal topics __consumer_offsets/],
    [{ sourceTopics: ['what?'] }, /what\? are not valid topic names/],
    [{ sourceTopics: ['orders'], stateChangelogTopics: [numbered] }, /Changelog topic c must have an undefined/],
  ] as const) {
    const request = { topology: { epoch: 0, subtopologies: [subtopology('0', parts as object)] } };
    const refused = await beat(world.services, 'a', { ...JOIN, ...request });
    assert.equal(refused.errorCode, ErrorCode.STREAMS_INVALID_TOPOLOGY);
    assert.match(refused.errorMessage ?? '', message);
  }
});

test('a topology that is newer than the group, or other, is refused, also when the group is empty', async () => {
  const world = await open();
  await beat(world.services, 'a', { ...JOIN, topology: topology(1, ['orders']) });
  for (const other of [topology(2, ['orders']), topology(1, ['payments'])]) {
    const refused = await beat(world.services, 'b', { ...JOIN, topology: other });
    assert.equal(refused.errorCode, ErrorCode.INVALID_REQUEST);
    assert.equal(refused.errorMessage, 'Topology updates are not supported yet.');
  }
  await beat(world.services, 'a', { memberEpoch: -1 });
  const empty = await beat(world.services, 'b', { ...JOIN, topology: topology(2, ['orders']) });
  assert.equal(empty.errorCode, ErrorCode.INVALID_REQUEST);
  assert.equal((await beat(world.services, 'b', { ...JOIN, topology: topology(1, ['orders']) })).errorCode, 0);
});

test('a member with an older topology is told so', async () => {
  const world = await open();
  await beat(world.services, 'a', { ...JOIN, topology: topology(1, ['orders']), processId: 'a' });
  const behind = await beat(world.services, 'b', { ...JOIN, topology: topology(0, ['orders']), processId: 'b' });
  assert.equal(behind.errorCode, ErrorCode.NONE);
  assert.deepEqual(statuses(behind), [0]);
  assert.deepEqual(behind.activeTasks, []);
});

test('a negative topology epoch is an unknown error', async () => {
  const world = await open();
  const refused = await beat(world.services, 'a', { ...JOIN, topology: topology(-1, ['orders']) });
  assert.equal(refused.errorCode, ErrorCode.UNKNOWN_SERVER_ERROR);
});

test('missing source topics leave the group not ready until they come', async () => {
  const world = await open();
  const joined = await beat(world.services, 'a', { ...JOIN, topology: topology(0, ['payments']) });
  assert.equal(joined.memberEpoch, 2);
  assert.deepEqual(joined.activeTasks, []);
  assert.deepEqual(statuses(joined), [1]);
  assert.match(joined.status?.[0]?.statusDetail ?? '', /Source topics payments are missing/);
  assert.equal((await describeStreams(world.services)).groupState, 'NotReady');
  await world.createTopic('payments');
  const ready = await beat(world.services, 'a', owns(2));
  assert.equal(ready.memberEpoch, 3);
  assert.deepEqual(ready.activeTasks, tasks('0', 0, 1, 2, 3));
  assert.deepEqual(statuses(ready), []);
  assert.equal((await describeStreams(world.services)).groupState, 'Stable');
});

test('topics that cannot be joined are a status, not an error', async () => {
  const world = await open();
  const few = { name: 'few', partitionCount: 2, replicationFactor: 1, assignments: null, configs: new Map() };
  await world.metadata.createTopic(few);
  const group = { sourceTopics: [0, 1], sourceTopicRegex: [], repartitionSourceTopics: [] };
  const joining = subtopology('0', { sourceTopics: ['orders', 'few'], copartitionGroups: [group] });
  const joined = await beat(world.services, 'a', { ...JOIN, topology: { epoch: 0, subtopologies: [joining] } });
  assert.equal(joined.errorCode, ErrorCode.NONE);
  assert.deepEqual(statuses(joined), [2]);
});

test('missing internal topics are made, and tasks come with the next heartbeat', async () => {
  const world = await open();
  const joined = await beat(world.services, 'a', { ...JOIN, topology: WORD_COUNT });
  assert.equal(joined.memberEpoch, 2);
  assert.deepEqual(joined.activeTasks, []);
  assert.deepEqual(statuses(joined), [3]);
  const repartition = world.metadata.topic('app-words-repartition');
  const changelog = world.metadata.topic('app-counts-changelog');
  assert.equal(repartition?.partitions.length, 4);
  assert.deepEqual([...(repartition?.configs ?? [])], []);
  assert.equal(changelog?.partitions.length, 4);
  assert.deepEqual([...(changelog?.configs ?? [])], [['cleanup.policy', 'compact']]);

  const assigned = await beat(world.services, 'a', { memberEpoch: 2 });
  assert.equal(assigned.memberEpoch, 3);
  assert.deepEqual(assigned.activeTasks, [...tasks('0', 0, 1, 2, 3), ...tasks('1', 0, 1, 2, 3)]);
  assert.deepEqual(statuses(assigned), []);
});

test('internal topics that cannot be made are named with the reason', async () => {
  const world = await open();
  const bad = internalTopic('app-changelog', { 'cleanup.policy': 'sometimes' });
  const parts = subtopology('0', { sourceTopics: ['orders'], stateChangelogTopics: [bad] });
  const joined = await beat(world.services, 'a', { ...JOIN, topology: { epoch: 0, subtopologies: [parts] } });
  assert.deepEqual(statuses(joined), [3]);
  assert.match(joined.status?.[0]?.statusDetail ?? '', /; Creation failed: app-changelog \(.*sometimes.*\)\.$/);
});

test('tasks move when a member joins: revoked first, then the epoch goes up, then the other gets them', async () => {
  const world = await open();
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
  const world = await open({ 'group.streams.initial.rebalance.delay.ms': '0' });
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
  const world = await open();
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
  const world = await open();
  await beat(world.services, 'a', JOIN);
  await world.metadata.alterDynamicConfigs(
    ConfigResourceType.GROUP,
    'group',
    () => new Map([['streams.num.standby.replicas', '1']]),
  );
  assert.equal((await beat(world.services, 'a', owns(2, 0, 1, 2, 3))).memberEpoch, 3);
});

test('a request to shut down reaches every member until the group is empty', async () => {
  const world = await open();
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
  const world = await open();
  await beat(world.services, 'a', { ...JOIN, processId: 'a' });
  await beat(world.services, 'b', { ...JOIN, processId: 'b' });
  await beat(world.services, 'a', { memberEpoch: -1, shutdownApplication: true });
  assert.deepEqual(statuses(await beat(world.services, 'b', owns(3))), [4]);
});

test('endpoints are told to who has an older version of them', async () => {
  const world = await open();
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
  const world = await open({ ...AT_ONCE, 'group.streams.rack.aware.assignment.tags': 'zone,rack' });
  const clientTags = [{ key: 'zone', value: 'z1' }];
  const joined = await beat(world.services, 'a', { ...JOIN, clientTags });
  assert.deepEqual(statuses(joined), [6]);
  assert.match(joined.status?.[0]?.statusDetail ?? '', /\[rack\]/);
  assert.deepEqual(statuses(await beat(world.services, 'a', { memberEpoch: 2, apiVersion: 0 })), []);
});

test('epochs that are too old or too new are fenced, a repeated one is not', async () => {
  const world = await open();
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

test('a dynamic member that joins again gets all its tasks, and nothing changes', async () => {
  const world = await open();
  await beat(world.services, 'a', JOIN);
  const again = await beat(world.services, 'a', JOIN);
  assert.equal(again.memberEpoch, 2);
  assert.deepEqual(again.activeTasks, tasks('0', 0, 1, 2, 3));
});

test('who left is not known any more', async () => {
  const world = await open();
  await beat(world.services, 'a', JOIN);
  const left = await beat(world.services, 'a', { memberEpoch: -1 });
  assert.deepEqual([left.errorCode, left.memberEpoch, left.heartbeatIntervalMs], [0, -1, 0]);
  assert.deepEqual(left.status, []);
  assert.equal((await beat(world.services, 'a', { memberEpoch: -1 })).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal((await beat(world.services, 'a', { memberEpoch: 2 })).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  const elsewhere = await beat(world.services, 'a', { memberEpoch: 2, groupId: 'other' });
  assert.equal(elsewhere.errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
});

test('a member whose session expires loses its tasks to the others', async () => {
  const world = await open();
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
  const world = await open();
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
  const world = await open();
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
  const world = await open();
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
  const world = await open();
  await beat(world.services, 'a', { ...JOIN, instanceId: 'i' });
  await beat(world.services, 'a', { memberEpoch: -2, instanceId: 'i' });
  await world.pass(45_000);
  assert.equal((await describeStreams(world.services)).groupState, 'Empty');
  await beat(world.services, 'b', { ...JOIN, instanceId: 'i' });
  const left = await beat(world.services, 'b', { memberEpoch: -1, instanceId: 'i' });
  assert.deepEqual([left.errorCode, left.memberEpoch], [0, -1]);
  assert.equal((await describeStreams(world.services)).members.length, 0);
});

test('a full group takes nobody new', async () => {
  const world = await open({ ...AT_ONCE, 'group.streams.max.size': '1' });
  await beat(world.services, 'a', JOIN);
  const refused = await beat(world.services, 'b', JOIN);
  assert.equal(refused.errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
  assert.equal((await beat(world.services, 'a', JOIN)).errorCode, ErrorCode.NONE);
});

test('a source topic that grows brings more tasks', async () => {
  const world = await open();
  await beat(world.services, 'a', JOIN);
  await world.metadata.createPartitions('orders', 6);
  const grown = await beat(world.services, 'a', owns(2, 0, 1, 2, 3));
  assert.equal(grown.memberEpoch, 3);
  assert.deepEqual(grown.activeTasks, tasks('0', 0, 1, 2, 3, 4, 5));
});

test('a group lives through a restart, and its members go on', async () => {
  const world = await open();
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

test('a group is described with its topology, members, targets and offsets', async () => {
  const world = await open();
  const request = { ...JOIN, topology: WORD_COUNT, processId: 'p', taskOffsets: [], taskEndOffsets: [] };
  await beat(world.services, 'a', request);
  await beat(world.services, 'a', { memberEpoch: 2 });
  const offset = { subtopologyId: '1', partition: 2, offset: 70 };
  await beat(world.services, 'a', {
    memberEpoch: 3,
    taskOffsets: [offset],
    taskEndOffsets: [{ ...offset, offset: 90 }],
  });
  const group = await describeStreams(world.services);
  assert.deepEqual([group.groupState, group.groupEpoch, group.assignmentEpoch], ['Stable', 3, 3]);
  assert.equal(group.assignorName, 'sticky');
  assert.equal(group.topologyDescriptionStatus, 0);
  const changelog = { ...CHANGELOG, partitions: 4 };
  assert.deepEqual(group.topology, {
    epoch: 0,
    subtopologies: [
      {
        subtopologyId: '0',
        sourceTopics: ['orders'],
        repartitionSinkTopics: ['app-words-repartition'],
        stateChangelogTopics: [],
        repartitionSourceTopics: [],
      },
      {
        subtopologyId: '1',
        sourceTopics: [],
        repartitionSinkTopics: [],
        stateChangelogTopics: [changelog],
        repartitionSourceTopics: [{ ...internalTopic('app-words-repartition'), partitions: 4 }],
      },
    ],
  });
  const assignment = {
    activeTasks: [...tasks('0', 0, 1, 2, 3), ...tasks('1', 0, 1, 2, 3)],
    standbyTasks: [],
    warmupTasks: [],
  };
  assert.deepEqual(group.members, [
    {
      memberId: 'a',
      memberEpoch: 3,
      instanceId: null,
      rackId: null,
      clientId: '',
      clientHost: '/10.0.0.7',
      topologyEpoch: 0,
      processId: 'p',
      userEndpoint: null,
      clientTags: [],
      taskOffsets: [offset],
      taskEndOffsets: [{ ...offset, offset: 90 }],
      assignment,
      targetAssignment: assignment,
      isClassic: false,
    },
  ]);
  const asked = await describeStreams(world.services, 'group', { includeTopologyDescription: true });
  assert.equal(asked.topologyDescriptionStatus, 1);
});

test('what is no streams group is not described', async () => {
  const world = await open();
  const missing = await describeStreams(world.services, 'other');
  assert.deepEqual([missing.errorCode, missing.errorMessage], [ErrorCode.GROUP_ID_NOT_FOUND, 'Group other not found.']);
  assert.equal((await describeStreams(world.services, '')).errorCode, ErrorCode.INVALID_GROUP_ID);
  await world.stable({ groupId: 'classic' });
  const classic = await describeStreams(world.services, 'classic');
  assert.equal(classic.errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  assert.equal(classic.errorMessage, 'Group classic is not a streams group.');
});

test('nothing is served when the settings leave streams groups out', async () => {
  const world = await open({ 'group.coordinator.rebalance.protocols': 'classic' });
  assert.equal((await beat(world.services, 'a', JOIN)).errorCode, ErrorCode.UNSUPPORTED_VERSION);
  assert.equal((await describeStreams(world.services)).errorCode, ErrorCode.UNSUPPORTED_VERSION);
});

test('a group is listed with its state, and deleted when nobody is in it', async () => {
  const world = await open();
  await beat(world.services, 'a', { ...JOIN, topology: topology(0, ['payments']) });
  const listed = { groupId: 'group', protocolType: 'streams', groupState: 'NotReady', groupType: 'streams' };
  assert.deepEqual(await world.apis.listGroups(['notready'], ['Streams']), [listed]);
  assert.deepEqual(await world.apis.listGroups([], ['classic']), []);
  assert.equal(await world.apis.deleteGroup('group'), ErrorCode.NON_EMPTY_GROUP);
  await beat(world.services, 'a', { memberEpoch: -1 });
  assert.equal((await describeStreams(world.services)).topology?.epoch, 0);
  assert.equal(await world.apis.deleteGroup('group'), ErrorCode.NONE);
  assert.equal((await describeStreams(world.services)).errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  // Now another topology is welcome.
  const other = await beat(world.services, 'a', { ...JOIN, topology: topology(7, ['orders']) });
  assert.equal(other.errorCode, ErrorCode.NONE);
  const next = await world.restart();
  assert.equal((await describeStreams(next.services)).topology?.epoch, 7);
});

test('an empty classic group becomes a streams group with its offsets, and back', async () => {
  const world = await open();
  await world.commit({ 0: 5 });
  const joined = await beat(world.services, 'a', JOIN);
  assert.equal(joined.errorCode, ErrorCode.NONE);
  assert.deepEqual(await world.committed(), { 0: 5 });
  const live = world.join();
  await world.pass(0);
  assert.equal(live.value.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  await beat(world.services, 'a', { memberEpoch: -1 });
  await world.stable();
  assert.equal(await world.state(), 'Stable');
  const refused = await beat(world.services, 'a', JOIN);
  assert.equal(refused.errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  assert.equal(refused.errorMessage, 'Group group is not a streams group.');
  const next = await world.restart();
  assert.equal(await next.state(), 'Stable');
});

/** The code that a commit or a fetch ends with. */
async function codeOf(action: Promise<unknown>): Promise<number> {
  try {
    await action;
    return ErrorCode.NONE;
  } catch (error) {
    return errorCodeOf(error);
  }
}

test('members commit with their epoch, and with an older one for what they have held since', async () => {
  const world = await open();
  await beat(world.services, 'a', { ...JOIN, processId: 'a' });
  await beat(world.services, 'b', { ...JOIN, processId: 'b' });
  await beat(world.services, 'a', owns(2, 0, 1, 2, 3));
  await beat(world.services, 'a', owns(2, 0, 1));
  await beat(world.services, 'b', owns(3));
  const commit = (memberId: string, epoch: number, partition: number, apiVersion = 10): Promise<number> =>
    codeOf(world.commit({ [partition]: 1 }, { memberId, generationIdOrMemberEpoch: epoch, apiVersion }));
  assert.equal(await commit('a', 3, 0), ErrorCode.NONE);
  assert.equal(await commit('a', 3, 3), ErrorCode.NONE, 'the current epoch may commit anything');
  assert.equal(await commit('a', 2, 0), ErrorCode.NONE);
  assert.equal(await commit('a', 2, 3), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(await commit('b', 2, 3), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(await commit('a', 4, 0), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(await commit('a', -1, 0), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(await commit('c', 3, 0), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await commit('', -1, 0), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await commit('a', 3, 0, 8), ErrorCode.UNSUPPORTED_VERSION);
});

test('an empty group takes commits of anybody, and keeps the offsets of what its members read', async () => {
  const world = await open();
  await beat(world.services, 'a', JOIN);
  const remove = (): Promise<unknown> =>
    world.apis.offsetDelete({ groupId: 'group', topics: [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }] });
  const answer = (errorCode: number): unknown => ({
    errorCode: 0,
    topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, errorCode }] }],
  });
  assert.deepEqual(await remove(), answer(ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC));
  await beat(world.services, 'a', { memberEpoch: -1 });
  for (const apiVersion of [8, 9]) assert.equal(await codeOf(world.commit({ 0: apiVersion }, { apiVersion })), 0);
  assert.deepEqual(await world.committed(), { 0: 9 });
  assert.deepEqual(await remove(), answer(ErrorCode.NONE));
});

test('members fetch offsets with their current epoch only', async () => {
  const world = await open();
  await beat(world.services, 'a', JOIN);
  const fetch = async (memberId: string | null, memberEpoch: number): Promise<number> => {
    const fetched = codeOf(world.apis.offsetFetch({ groupId: 'group', memberId, memberEpoch, topics: null }));
    return fetched;
  };
  assert.equal(await fetch('a', 2), ErrorCode.NONE);
  assert.equal(await fetch(null, -1), ErrorCode.NONE);
  assert.equal(await fetch('a', 1), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(await fetch('a', 3), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(await fetch('b', 2), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await fetch('', -1), ErrorCode.UNKNOWN_MEMBER_ID);
});

test('a transaction commits with the current epoch of a member, or one it has held its tasks since', async () => {
  const world = await open();
  await beat(world.services, 'a', JOIN);
  const producer = { producerId: 7n, producerEpoch: 0 };
  const commit = (generationIdOrMemberEpoch: number, memberId = 'a', apiVersion = 6): Promise<number> =>
    codeOf(world.commitInTransaction(producer, { 0: 1 }, { generationIdOrMemberEpoch, memberId, apiVersion }));
  assert.equal(await commit(2), ErrorCode.NONE);
  assert.equal(await commit(-1, ''), ErrorCode.NONE);
  assert.equal(await commit(1), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(await commit(3), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(await commit(1, 'a', 5), ErrorCode.ILLEGAL_GENERATION);
  assert.equal(await commit(2, 'b'), ErrorCode.UNKNOWN_MEMBER_ID);
});
