/** Groups that change between the classic and the consumer protocol while they run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../../protocol/errors.ts';
import {
  readConsumerProtocolAssignment,
  writeConsumerProtocolAssignment,
} from '../../../../protocol/generated/consumer-protocol-assignment.ts';
import { Reader } from '../../../../protocol/reader.ts';
import { Writer } from '../../../../protocol/writer.ts';
import { ConsumerWorld, EAGER, JOIN } from '../../../support/consumer-world.ts';
import { SESSION_MS, settle } from '../../../support/groups.ts';

function assignmentBytes(partitions: number[], userData: Buffer | null = null): string {
  const writer = new Writer();
  writer.int16(1);
  writeConsumerProtocolAssignment(writer, { assignedPartitions: [{ topic: 'orders', partitions }], userData }, 1);
  return writer.toBuffer().toString('latin1');
}

function partitionsOf(assignment: unknown): Record<string, number[]> {
  const reader = new Reader(assignment as Buffer);
  const { assignedPartitions } = readConsumerProtocolAssignment(reader, reader.int16());
  return Object.fromEntries(assignedPartitions.map(({ topic, partitions }) => [topic, partitions]));
}

/** A classic group with one member that has all four partitions, generation 1. */
async function classicGroup(
  settings = EAGER,
  userData: Buffer | null = null,
): Promise<{ world: ConsumerWorld; memberId: string }> {
  const world = await ConsumerWorld.open(settings);
  const { memberId, joined } = await world.joinTwice();
  await world.pass(3000);
  assert.equal(joined.value.generationId, 1);
  const assignment = Buffer.from(assignmentBytes([0, 1, 2, 3], userData), 'latin1');
  const synced = world.apis.syncGroup({
    groupId: 'group',
    generationId: 1,
    memberId,
    groupInstanceId: null,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: [{ memberId, assignment }],
  });
  assert.equal((await synced).errorCode, 0);
  return { world, memberId };
}

/** Joins and syncs a classic member of a consumer group; gives its generation and partitions. */
async function joinClassic(
  world: ConsumerWorld,
  memberId: string,
): Promise<{ generationId: number; partitions: Record<string, number[]> }> {
  const joined = world.join({ memberId });
  await settle();
  assert.equal(joined.value.errorCode, 0);
  const generationId = joined.value.generationId ?? -1;
  const synced = world.sync(memberId, generationId);
  await settle();
  assert.equal(synced.value.errorCode, 0);
  return { generationId, partitions: partitionsOf(synced.value.assignment) };
}

test('a live classic group becomes a consumer group when a member of the consumer protocol joins', async () => {
  const { world, memberId } = await classicGroup();
  const joined = await world.joinConsumer('b');
  assert.deepEqual([joined.memberEpoch, joined.assignment], [2, {}]);
  const { groupState, groupEpoch, members } = await world.describe();
  assert.deepEqual({ groupState, groupEpoch }, { groupState: 'Reconciling', groupEpoch: 2 });
  assert.deepEqual(
    new Map(members.map((member) => [member.memberId, member.memberType])),
    new Map([
      ['b', 1],
      [memberId, 0],
    ]),
  );
  assert.equal(world.heartbeat(memberId, 1), ErrorCode.REBALANCE_IN_PROGRESS);
  const { generationId, partitions } = await joinClassic(world, memberId);
  assert.deepEqual({ generationId, partitions }, { generationId: 2, partitions: { orders: [0, 1] } });
  assert.deepEqual((await world.beat('b', { memberEpoch: 2 })).assignment, { orders: [2, 3] });
  assert.equal(world.heartbeat(memberId, 2), ErrorCode.NONE);
  assert.deepEqual(
    (await world.apis.listGroups()).map(({ groupType }) => groupType),
    ['consumer'],
  );
});

test('what the classic group had is also there after a restart in the middle', async () => {
  const { world, memberId } = await classicGroup();
  await world.joinConsumer('b');
  const again = await world.restart(EAGER);
  const { generationId } = await joinClassic(again, memberId);
  assert.equal(generationId, 2);
  assert.deepEqual(await again.held(), { [memberId]: { orders: [0, 1] }, b: {} });
});

test('after a restart, members of the classic protocol have the time of all others to be heard of', async () => {
  const { world } = await classicGroup();
  await world.joinConsumer('b');
  const again = await world.restart(EAGER);
  await again.pass(SESSION_MS + 1);
  assert.equal((await again.describe()).members.length, 2);
  await again.pass(45_000 - SESSION_MS - 1);
  assert.equal((await again.describe()).members.length, 0);
});

test('a classic group that is not one of consumers, or whose assignor is its own, stays what it is', async () => {
  const { world } = await classicGroup(EAGER, Buffer.from('own'));
  const refused = await world.beat('b', JOIN);
  assert.equal(refused.errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  assert.match(refused.errorMessage ?? '', /an unsupported custom assignor is in use/);
});

test('the migration policy says what may become of a group', async () => {
  for (const policy of ['disabled', 'downgrade']) {
    const { world } = await classicGroup({ ...EAGER, 'group.consumer.migration.policy': policy } as typeof EAGER);
    assert.equal((await world.beat('b', JOIN)).errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  }
  const world = await ConsumerWorld.open({ 'group.consumer.migration.policy': 'disabled' });
  await world.joinConsumer('a');
  const joined = world.join();
  await settle();
  assert.equal(joined.value.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
});

test('a classic member joins a consumer group with an id it is given, and has no leader', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a');
  const first = world.join({ clientId: 'app' });
  await settle();
  assert.equal(first.value.errorCode, ErrorCode.MEMBER_ID_REQUIRED);
  const memberId = first.value.memberId ?? '';
  assert.match(memberId, /^[A-Za-z0-9_-]{22}$/);
  const joined = world.join({ memberId });
  await settle();
  const { errorCode, generationId, leader = '', members = [], protocolName } = joined.value;
  assert.deepEqual(
    { errorCode, generationId, leader, members, protocolName },
    { errorCode: 0, generationId: 3, leader: '', members: [], protocolName: 'range' },
  );
  const other = world.join({ protocolType: 'connect', memberId: 'x' });
  await settle();
  assert.equal(other.value.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
});

test('a classic member that does not sync, or does not join again when it is told to, is removed', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a');
  world.join({ memberId: 'x', rebalanceTimeoutMs: 5_000 });
  await settle();
  await world.pass(5_000);
  assert.deepEqual(Object.keys(await world.held()), ['a']);
});

test('classic members commit with their generation, and others are told what is wrong', async () => {
  const { world, memberId } = await classicGroup();
  await world.joinConsumer('b');
  const code = async (options: Parameters<ConsumerWorld['commit']>[1]): Promise<number> => {
    try {
      const { topics } = await world.commit({ 0: 5 }, options);
      return topics?.[0]?.partitions?.[0]?.errorCode ?? -2;
    } catch (error) {
      return (error as { code: number }).code;
    }
  };
  for (const apiVersion of [8, 9]) {
    assert.equal(await code({ apiVersion, memberId, generationIdOrMemberEpoch: 1 }), 0);
    assert.equal(await code({ apiVersion, memberId, generationIdOrMemberEpoch: 0 }), ErrorCode.ILLEGAL_GENERATION);
  }
  assert.equal(
    await code({ apiVersion: 8, memberId: 'b', generationIdOrMemberEpoch: 2 }),
    ErrorCode.UNSUPPORTED_VERSION,
  );
  assert.equal(await code({ apiVersion: 9, memberId: 'b', generationIdOrMemberEpoch: 2 }), 0);
});

test('when the last member of the consumer protocol leaves, the group is a classic one again', async () => {
  const { world, memberId } = await classicGroup();
  await world.joinConsumer('b');
  await joinClassic(world, memberId);
  await world.beat('b', { memberEpoch: -1 });
  assert.equal(await world.state(), 'PreparingRebalance');
  assert.deepEqual(
    (await world.apis.listGroups()).map(({ groupType }) => groupType),
    ['classic'],
  );
  const rejoined = world.join({ memberId });
  await settle();
  assert.equal(rejoined.value.errorCode, 0);
  assert.equal(rejoined.value.leader, memberId);
  assert.equal(rejoined.value.generationId, 3);
});

test('a downgrade survives a restart, and its records come in the order of Kafka', async () => {
  const { world, memberId } = await classicGroup();
  await world.joinConsumer('b');
  await world.beat('b', { memberEpoch: -1 });
  const again = await world.restart(EAGER);
  assert.equal(await again.state(), 'Stable');
  assert.deepEqual(await again.members(), [memberId]);
});

test('a downgrade that takes too long is one nevertheless', async () => {
  const { world, memberId } = await classicGroup();
  await world.joinConsumer('b');
  world.engine.autoCommit = false;
  const left = world.beat('b', { memberEpoch: -1 });
  await world.pass(5000);
  assert.equal((await left).errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  world.engine.commit();
  world.engine.autoCommit = true;
  await settle();
  assert.deepEqual(
    (await world.apis.listGroups()).map(({ groupType }) => groupType),
    ['classic'],
  );
  const rejoined = world.join({ memberId });
  await settle();
  assert.equal(rejoined.value.errorCode, 0);
});

test('where downgrades are off, the group stays a consumer group', async () => {
  const { world, memberId } = await classicGroup({
    ...EAGER,
    'group.consumer.migration.policy': 'upgrade',
  } as typeof EAGER);
  await world.joinConsumer('b');
  await world.beat('b', { memberEpoch: -1 });
  assert.deepEqual(Object.keys(await world.held()), [memberId]);
  assert.equal((await joinClassic(world, memberId)).generationId, 3);
});

test('an instance that comes back with the classic protocol, as the last of the other, downgrades the group', async () => {
  const { world, memberId } = await classicGroup();
  await world.joinConsumer('b', { instanceId: 'i' });
  await joinClassic(world, memberId);
  await world.beat('b', { instanceId: 'i', memberEpoch: 2 });
  const joined = world.join({ groupInstanceId: 'i' });
  await settle();
  assert.equal(joined.value.errorCode, 0);
  assert.equal(joined.value.generationId, 2);
  assert.deepEqual(
    (await world.apis.listGroups()).map(({ groupType, groupState }) => [groupType, groupState]),
    [['classic', 'Stable']],
  );
});

test('an empty group of the one protocol gives way to the other, and keeps its offsets', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.commit({ 0: 7 });
  await world.joinConsumer('a');
  assert.deepEqual(await world.committed(), { 0: 7 });
  await world.beat('a', { memberEpoch: -1 });
  const { memberId } = await world.stable();
  assert.deepEqual(await world.members(), [memberId]);
  assert.deepEqual(await world.committed(), { 0: 7 });
  const again = await world.restart(EAGER);
  assert.deepEqual(await again.members(), [memberId]);
});

test('classic members leave by id and by instance', async () => {
  const world = await ConsumerWorld.open({ ...EAGER, 'group.consumer.migration.policy': 'upgrade' });
  await world.joinConsumer('a');
  world.join({ memberId: 'x' });
  world.join({ groupInstanceId: 'i' });
  await settle();
  const codes = await world.leave({ memberId: 'x' }, { groupInstanceId: 'i' }, { memberId: 'nobody' });
  assert.deepEqual(codes, [0, 0, ErrorCode.UNKNOWN_MEMBER_ID]);
  assert.deepEqual(Object.keys(await world.held()), ['a']);
});
