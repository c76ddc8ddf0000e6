/** ShareGroupHeartbeat and what else is done to share groups, on the wire, as Apache Kafka 4.4 answers it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { writeDeleteGroupsRequest } from '../../protocol/generated/delete-groups-request.ts';
import { readDeleteGroupsResponse } from '../../protocol/generated/delete-groups-response.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { initialize, write } from '../../src/coordinator/share/operations.ts';
import { produce } from '../support/data-apis.ts';
import { settle } from '../support/groups.ts';
import { acquiredOf, initializeState, ShareMember } from '../support/share-apis.ts';
import {
  AlterShareGroupOffsets,
  assignedOf,
  BeatingMember,
  DeleteShareGroupOffsets,
  DescribeShareGroupOffsets,
  ShareGroupDescribe,
} from '../support/share-group-apis.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { cpuClock } from '../support/cpu-time.ts';

const DeleteGroups = { apiKey: ApiKey.DeleteGroups, write: writeDeleteGroupsRequest, read: readDeleteGroupsResponse };

class World implements AsyncDisposable {
  readonly broker: TestBroker;
  readonly clock: ManualClock;
  readonly topicId: string;

  constructor(broker: TestBroker, clock: ManualClock, topicId: string) {
    this.broker = broker;
    this.clock = clock;
    this.topicId = topicId;
  }

  /** A broker with a topic of four partitions. */
  static async open(settings: Readonly<Record<string, string>> = {}): Promise<World> {
    const clock = new ManualClock();
    const values = {
      'offsets.topic.num.partitions': '1',
      'share.coordinator.state.topic.num.partitions': '1',
      'group.share.assignment.interval.ms': '0',
      ...settings,
    };
    const broker = await startTestBroker({ clock, settings: values });
    await broker.services.groups.ensureReady('group');
    return new World(broker, clock, await broker.createTopic('orders', 4));
  }

  async member(memberId = 'member', groupId = 'group'): Promise<BeatingMember> {
    return new BeatingMember(await this.broker.connect(), memberId, groupId);
  }

  /** Lets states be initialized. */
  async settle(): Promise<void> {
    for (let i = 0; i < 30; i++) await settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker[Symbol.asyncDispose]();
  }
}

test('a first member gets its partitions once their states are initialized', async () => {
  await using world = await World.open();
  const member = await world.member();
  const joined = await member.join('orders');
  assert.deepEqual([joined.errorCode, joined.memberEpoch, assignedOf(joined)], [0, 2, []]);
  assert.equal(joined.heartbeatIntervalMs, 5000);
  await world.settle();
  const beat = await member.beat();
  assert.deepEqual([beat.memberEpoch, assignedOf(beat)], [3, [0, 1, 2, 3]]);
  const again = await member.beat();
  assert.deepEqual([again.memberEpoch, assignedOf(again)], [3, null]);
});

test('members share the partitions among them, and every partition has somebody', async () => {
  await using world = await World.open();
  const members = [await world.member('a'), await world.member('b'), await world.member('c')];
  for (const member of members) await member.join('orders');
  await world.settle();
  const assigned = [];
  for (let round = 0; round < 2; round++) for (const member of members) await member.beat();
  for (const member of members)
    assigned.push(assignedOf(await member.beat({ subscribedTopicNames: ['orders'] })) ?? []);
  assert.deepEqual(assigned.map(({ length }) => length).sort(), [1, 1, 2]);
  assert.deepEqual(assigned.flat().sort(), [0, 1, 2, 3]);
});

test('what a heartbeat must say', async () => {
  await using world = await World.open();
  const member = await world.member();
  const { INVALID_REQUEST, UNKNOWN_MEMBER_ID, GROUP_ID_NOT_FOUND, FENCED_MEMBER_EPOCH } = ErrorCode;
  const join = { memberEpoch: 0, subscribedTopicNames: ['orders'] };
  const cases: readonly [number, Parameters<BeatingMember['beat']>[0]][] = [
    [INVALID_REQUEST, { ...join, memberId: '' }],
    [INVALID_REQUEST, { ...join, memberId: 'x'.repeat(37) }],
    [INVALID_REQUEST, { ...join, groupId: '' }],
    [INVALID_REQUEST, { memberEpoch: 0 }],
    [INVALID_REQUEST, { memberEpoch: 0, subscribedTopicNames: [] }],
    [INVALID_REQUEST, { memberEpoch: -2 }],
    [GROUP_ID_NOT_FOUND, { memberEpoch: 5 }],
    [GROUP_ID_NOT_FOUND, { memberEpoch: -1 }],
    [0, join],
    [UNKNOWN_MEMBER_ID, { memberEpoch: 5, memberId: 'nobody' }],
    [FENCED_MEMBER_EPOCH, { memberEpoch: 9 }],
  ];
  for (const [code, fields] of cases) {
    assert.equal((await member.beat(fields)).errorCode, code, JSON.stringify(fields));
  }
});

test('the epoch before is good enough, older ones are not', async () => {
  await using world = await World.open();
  const member = await world.member();
  await member.join('orders');
  await world.settle();
  await member.beat();
  assert.equal((await member.beat({ memberEpoch: 2 })).memberEpoch, 3);
  assert.equal((await member.beat({ memberEpoch: 1 })).errorCode, ErrorCode.FENCED_MEMBER_EPOCH);
});

test('a member that leaves, or is silent for too long, is gone', async () => {
  await using world = await World.open();
  const [member, other] = [await world.member(), await world.member('other')];
  await member.join('orders');
  await other.join('orders');
  assert.equal((await other.beat({ memberEpoch: -1 })).memberEpoch, -1);
  assert.equal((await other.beat({ memberEpoch: 3 })).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  world.clock.advance(45_000);
  await world.settle();
  assert.equal((await member.beat()).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
});

test('a group takes as many members as it may have', async () => {
  await using world = await World.open({ 'group.share.max.size': '1' });
  await (await world.member()).join('orders');
  assert.equal((await (await world.member('other')).join('orders')).errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
});

test('new partitions begin at 0, others where the group has its offsets reset', async () => {
  await using world = await World.open();
  const member = await world.member();
  await member.join('orders');
  await world.settle();
  await member.beat();
  await world.broker.services.metadata.createPartitions('orders', 5);
  await member.beat();
  await world.settle();
  assert.deepEqual(assignedOf(await member.beat()), [0, 1, 2, 3, 4]);
  const request = { groups: [{ groupId: 'group', topics: [{ topicName: 'orders', partitions: [3, 4] }] }] };
  const { groups } = await member.client.call(DescribeShareGroupOffsets, 1, request);
  assert.deepEqual(
    groups[0]?.topics[0]?.partitions.map(({ startOffset, lag }) => [startOffset, lag]),
    [
      [-1, -1],
      [0, 0],
    ],
  );
});

test('partitions of a deleted topic are taken away at once, with the epoch that the member has', async () => {
  await using world = await World.open({ 'group.share.assignment.interval.ms': '1000' });
  await world.broker.createTopic('other', 1);
  const member = await world.member();
  await member.join('orders', 'other');
  await world.settle();
  await member.beat();
  world.clock.advance(1000);
  assert.deepEqual(assignedOf(await member.beat()), [0, 1, 2, 3, 0]);
  await world.broker.services.metadata.deleteTopic('other');
  await world.settle();
  const beat = await member.beat();
  assert.deepEqual([beat.memberEpoch, assignedOf(beat)], [3, [0, 1, 2, 3]]);
  world.clock.advance(1000);
  assert.equal((await member.beat()).memberEpoch, 4);
});

test('topics that a member names again before anything is assigned anew come back to it', async () => {
  await using world = await World.open({ 'group.share.assignment.interval.ms': '10000' });
  const member = await world.member();
  await member.join('orders');
  await world.settle();
  world.clock.advance(10_000);
  assert.deepEqual(assignedOf(await member.beat()), [0, 1, 2, 3]);
  assert.deepEqual(assignedOf(await member.beat({ subscribedTopicNames: ['other'] })), []);
  const again = await member.beat({ subscribedTopicNames: ['orders'] });
  assert.deepEqual([again.memberEpoch, assignedOf(again)], [3, [0, 1, 2, 3]]);
});

test('a group is described with its members and what they have', async () => {
  await using world = await World.open();
  const member = await world.member();
  await member.join('orders');
  await world.settle();
  await member.beat();
  const request = { groupIds: ['group', 'nothing', ''], includeAuthorizedOperations: false };
  const { groups } = await member.client.call(ShareGroupDescribe, 1, request);
  const [group, nothing, unnamed] = groups;
  assert.deepEqual(
    [group?.groupState, group?.groupEpoch, group?.assignmentEpoch, group?.assignorName],
    ['Stable', 3, 3, 'simple'],
  );
  assert.equal(group?.members[0]?.memberId, 'member');
  assert.deepEqual(group?.members[0]?.assignment.topicPartitions[0]?.partitions, [0, 1, 2, 3]);
  assert.equal(nothing?.errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  assert.equal(unnamed?.errorCode, ErrorCode.INVALID_GROUP_ID);
});

test('members get records from where the group was reset to, and the lag says what is left', async () => {
  await using world = await World.open();
  const { services } = world.broker;
  await services.metadata.alterDynamicConfigs(32, 'group', () => new Map([['share.auto.offset.reset', 'earliest']]));
  const member = await world.member();
  await member.join('orders');
  await world.settle();
  await produce(member.client, 'orders', 0, 'a', 'b', 'c', 'd');
  const reader = new ShareMember(await world.broker.connect(), world.topicId);
  assert.deepEqual(acquiredOf(await reader.fetch()), ['0-3#1']);
  assert.equal(await reader.acknowledge([0, 0, 1], [2, 2, 1]), 0);
  const request = { groups: [{ groupId: 'group', topics: null }] };
  const { groups } = await member.client.call(DescribeShareGroupOffsets, 1, request);
  const { startOffset, lag } = groups[0]?.topics[0]?.partitions[0] ?? {};
  assert.deepEqual([startOffset, lag], [0, 2]);
});

test('of unknown groups and topics nothing is known, and that is no error', async () => {
  await using world = await World.open();
  const client = await world.broker.connect();
  const topics = [{ topicName: 'nothing', partitions: [0] }];
  const request = {
    groups: [
      { groupId: 'x', topics },
      { groupId: 'x', topics: null },
    ],
  };
  const { groups } = await client.call(DescribeShareGroupOffsets, 1, request);
  assert.deepEqual(
    groups.map(({ errorCode }) => errorCode),
    [0, 0],
  );
  assert.equal(groups[0]?.topics[0]?.partitions[0]?.startOffset, -1);
  assert.deepEqual(groups[1]?.topics, []);
});

test('offsets are altered and deleted only while the group has no members', async () => {
  await using world = await World.open();
  const member = await world.member();
  const partitions = [
    { partitionIndex: 0, startOffset: 2 },
    { partitionIndex: 9, startOffset: 0 },
  ];
  const topics = [{ topicName: 'orders', partitions }];
  const altered = await member.client.call(AlterShareGroupOffsets, 0, { groupId: 'group', topics });
  assert.deepEqual(
    altered.responses[0]?.partitions.map(({ errorCode }) => errorCode),
    [0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
  );
  await produce(member.client, 'orders', 0, 'a', 'b', 'c');
  const reader = new ShareMember(await world.broker.connect(), world.topicId);
  assert.deepEqual(acquiredOf(await reader.fetch()), ['2-2#1']);
  await member.join('orders');
  const refused = await member.client.call(AlterShareGroupOffsets, 0, { groupId: 'group', topics });
  assert.equal(refused.errorCode, ErrorCode.NON_EMPTY_GROUP);
  const deletion = { groupId: 'group', topics: [{ topicName: 'orders' }, { topicName: 'nothing' }] };
  assert.equal((await member.client.call(DeleteShareGroupOffsets, 0, deletion)).errorCode, ErrorCode.NON_EMPTY_GROUP);
  await member.beat({ memberEpoch: -1 });
  const deleted = await member.client.call(DeleteShareGroupOffsets, 0, deletion);
  assert.deepEqual(
    deleted.responses.map(({ errorCode }) => errorCode),
    [0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
  );
  const unknown = await member.client.call(DeleteShareGroupOffsets, 0, { ...deletion, groupId: 'x' });
  assert.equal(unknown.errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
});

test('of a partition that is altered many times at once the last word counts, and takes no time of its own', async () => {
  await using world = await World.open();
  const { client } = await world.member();
  const again = Array.from({ length: 40_000 }, (_, i) => ({ partitionIndex: 0, startOffset: i }));
  const topics = [
    { topicName: 'orders', partitions: [{ partitionIndex: 1, startOffset: 7 }, ...again] },
    { topicName: 'orders', partitions: [{ partitionIndex: 2, startOffset: 8 }] },
  ];
  const cpuMs = cpuClock();
  const altered = await client.call(AlterShareGroupOffsets, 0, { groupId: 'group', topics });
  assert.equal(altered.errorCode, 0);
  assert.ok(cpuMs() < 3000);
  const described = await client.call(DescribeShareGroupOffsets, 0, { groups: [{ groupId: 'group', topics: null }] });
  const offsets = described.groups[0]?.topics[0]?.partitions.map(({ startOffset }) => startOffset);
  assert.deepEqual(offsets, [39_999, 7, 8]);
});

test('a partition whose state is newer than the group is refused alone when offsets are altered', async () => {
  await using world = await World.open();
  const { shareStates } = world.broker.services;
  const key = { groupId: 'group', topicId: world.topicId, partition: 0 };
  await shareStates.runWhenReady(key, (shard) => initialize(shard, key, { stateEpoch: 9, startOffset: 3 }));
  const { client } = await world.member();
  const partitions = [0, 1].map((partitionIndex) => ({ partitionIndex, startOffset: 5 }));
  const topics = [{ topicName: 'orders', partitions }];
  const altered = await client.call(AlterShareGroupOffsets, 0, { groupId: 'group', topics });
  assert.equal(altered.errorCode, 0);
  assert.deepEqual(
    altered.responses[0]?.partitions.map(({ errorCode }) => errorCode),
    [ErrorCode.FENCED_STATE_EPOCH, 0],
  );
  const asked = [{ groupId: 'group', topics: [{ topicName: 'orders', partitions: [0, 1] }] }];
  const { groups } = await client.call(DescribeShareGroupOffsets, 0, { groups: asked });
  assert.deepEqual(
    groups[0]?.topics[0]?.partitions.map(({ startOffset }) => startOffset),
    [3, 5],
  );
});

test('where a partition below 0 is named, no offsets are altered, and the request fails as a whole', async () => {
  await using world = await World.open();
  const { client } = await world.member();
  const alter = (topicName: string, ...indexes: number[]) => {
    const partitions = indexes.map((partitionIndex) => ({ partitionIndex, startOffset: 5 }));
    return client.call(AlterShareGroupOffsets, 0, { groupId: 'group', topics: [{ topicName, partitions }] });
  };
  for (const below of [-1, -9]) {
    const { errorCode, responses } = await alter('orders', 0, below);
    assert.deepEqual([errorCode, responses], [ErrorCode.UNKNOWN_SERVER_ERROR, []]);
  }
  const asked = [{ groupId: 'group', topics: [{ topicName: 'orders', partitions: [0] }] }];
  const { groups } = await client.call(DescribeShareGroupOffsets, 0, { groups: asked });
  assert.equal(groups[0]?.topics[0]?.partitions[0]?.startOffset, -1);
  const unknown = await alter('nothing', -1);
  assert.equal(unknown.responses[0]?.partitions[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
});

test('members whose ids read alike behind those of their groups have clocks of their own', async () => {
  await using world = await World.open();
  const [silent, other] = [await world.member('a b', 'team'), await world.member('b', 'team a')];
  await silent.join('orders');
  await other.join('orders');
  for (let i = 0; i < 3; i++) {
    world.clock.advance(20_000);
    await world.settle();
    assert.equal((await other.beat()).errorCode, 0);
  }
  assert.equal((await silent.beat()).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
});

test('a group without members can be deleted, and its states go with it', async () => {
  await using world = await World.open();
  const member = await world.member();
  await member.join('orders');
  await world.settle();
  const deleteGroup = async (): Promise<number | undefined> =>
    (await member.client.call(DeleteGroups, 2, { groupsNames: ['group'] })).results[0]?.errorCode;
  assert.equal(await deleteGroup(), ErrorCode.NON_EMPTY_GROUP);
  await member.beat({ memberEpoch: -1 });
  assert.equal(await deleteGroup(), 0);
  assert.equal(await deleteGroup(), ErrorCode.GROUP_ID_NOT_FOUND);
  const reader = new ShareMember(await world.broker.connect(), world.topicId);
  const response = await reader.fetch();
  assert.equal(response.responses[0]?.partitions[0]?.errorCode, ErrorCode.UNKNOWN_SERVER_ERROR);
});

test('a state that makes no sense has no lag', async () => {
  await using world = await World.open();
  const { shareStates } = world.broker.services;
  const key = { groupId: 'group', topicId: world.topicId, partition: 0 };
  await initializeState(world.broker.services, 'group', world.topicId, Number.MIN_SAFE_INTEGER);
  const startOffset = Number.MIN_SAFE_INTEGER + 1;
  const written = { stateEpoch: 2, leaderEpoch: 0, startOffset, deliveryCompleteCount: -0x8000_0000, batches: [] };
  await shareStates.run(key, (shard) => write(shard, key, written));
  const request = { groups: [{ groupId: 'group', topics: [{ topicName: 'orders', partitions: [0] }] }] };
  const { groups } = await (await world.broker.connect()).call(DescribeShareGroupOffsets, 1, request);
  assert.equal(groups[0]?.topics[0]?.partitions[0]?.lag, -1);
});
