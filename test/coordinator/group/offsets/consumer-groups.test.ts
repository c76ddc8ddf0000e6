/** Offsets, listing, describing and deletion where a group is of the consumer protocol. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../../protocol/errors.ts';
import { ConsumerWorld, EAGER } from '../../../support/consumer-world.ts';

const ONE_PARTITION = { 'offsets.topic.num.partitions': '1', ...EAGER };
const producer = { producerId: 7n, producerEpoch: 0 };
const PARTITIONS = { name: 'orders', topicId: '', partitionIndexes: [0] };

const refused = (code: number): { code: number } => ({ code });

/** A world with the member `a`, that has all partitions; gives its epoch. */
async function open(): Promise<{ world: ConsumerWorld; memberEpoch: number }> {
  const world = await ConsumerWorld.open(ONE_PARTITION);
  const { memberEpoch } = await world.joinConsumer('a');
  return { world, memberEpoch };
}

test('a member of a consumer group commits with its epoch, from version 9 on', async () => {
  const { world, memberEpoch } = await open();
  const as = (memberId: string, epoch: number, apiVersion = 10) =>
    world.commit({ 0: 5 }, { memberId, generationIdOrMemberEpoch: epoch, apiVersion });
  for (const epoch of [memberEpoch - 1, memberEpoch, memberEpoch + 1]) {
    await assert.rejects(as('a', epoch, 8), refused(ErrorCode.UNSUPPORTED_VERSION));
  }
  await assert.rejects(as('b', memberEpoch, 8), refused(ErrorCode.UNKNOWN_MEMBER_ID));
  await assert.rejects(as('b', memberEpoch), refused(ErrorCode.UNKNOWN_MEMBER_ID));
  await assert.rejects(as('', -1), refused(ErrorCode.UNKNOWN_MEMBER_ID));
  for (const epoch of [-1, memberEpoch - 1, memberEpoch + 1]) {
    await assert.rejects(as('a', epoch), refused(ErrorCode.STALE_MEMBER_EPOCH));
  }
  await as('a', memberEpoch);
  assert.deepEqual(await world.committed(), { 0: 5 });
});

test('who is no member may commit once a consumer group is empty', async () => {
  const { world } = await open();
  await world.beat('a', { memberEpoch: -1 });
  for (const apiVersion of [8, 9]) await world.commit({ 0: apiVersion }, { apiVersion });
  assert.deepEqual(await world.committed(), { 0: 9 });
});

test('a fetch that names a member of a consumer group needs its very epoch', async () => {
  const { world, memberEpoch } = await open();
  await world.commit({ 0: 5 }, { memberId: 'a', generationIdOrMemberEpoch: memberEpoch });
  const fetch = (memberId: string | null, epoch: number, groupId = 'group') =>
    world.apis.offsetFetch({ groupId, memberId, memberEpoch: epoch, topics: [PARTITIONS] });
  const committed = async (...asked: Parameters<typeof fetch>): Promise<number | undefined> =>
    (await fetch(...asked)).topics?.[0]?.partitions?.[0]?.committedOffset;
  assert.equal(await committed('a', memberEpoch), 5);
  assert.equal(await committed(null, -1), 5);
  await assert.rejects(fetch('a', memberEpoch - 1), refused(ErrorCode.STALE_MEMBER_EPOCH));
  await assert.rejects(fetch('a', memberEpoch + 1), refused(ErrorCode.STALE_MEMBER_EPOCH));
  await assert.rejects(fetch('b', memberEpoch), refused(ErrorCode.UNKNOWN_MEMBER_ID));
  await assert.rejects(fetch('', -1), refused(ErrorCode.UNKNOWN_MEMBER_ID));
  assert.equal(await committed('b', 3, 'unknown'), -1);
});

test('in a transaction a member of a consumer group is held to its epoch, and nobody needs no member', async () => {
  const { world, memberEpoch } = await open();
  const as = (memberId: string, generationIdOrMemberEpoch: number) =>
    world.commitInTransaction(producer, { 0: 1 }, { memberId, generationIdOrMemberEpoch });
  for (const epoch of [memberEpoch - 1, memberEpoch + 1]) {
    await assert.rejects(as('a', epoch), refused(ErrorCode.ILLEGAL_GENERATION));
  }
  await assert.rejects(as('b', memberEpoch), refused(ErrorCode.UNKNOWN_MEMBER_ID));
  await as('', -1);
  await as('a', memberEpoch);
  await world.endTransaction(producer, 'commit');
  assert.deepEqual(await world.committed(), { 0: 1 });
});

test('groups of every protocol are listed, filtered by type and state in any case', async () => {
  const { world } = await open();
  await world.commit({ 0: 1 }, { groupId: 'plain' });
  const consumer = { groupId: 'group', protocolType: 'consumer', groupState: 'Stable', groupType: 'consumer' };
  const classic = { groupId: 'plain', protocolType: '', groupState: 'Empty', groupType: 'classic' };
  assert.deepEqual(await world.apis.listGroups(), [consumer, classic]);
  assert.deepEqual(await world.apis.listGroups([], ['CONSUMER']), [consumer]);
  assert.deepEqual(await world.apis.listGroups(['stable']), [consumer]);
  assert.deepEqual(await world.apis.listGroups(['EMPTY'], ['Classic']), [classic]);
  assert.deepEqual(await world.apis.listGroups([], ['unknown']), []);
});

test('DescribeGroups tells of classic groups only', async () => {
  const { world } = await open();
  const missing = { groupId: 'group', groupState: 'Dead' };
  assert.deepEqual(await world.apis.describeGroup('group', 5), { ...missing, errorCode: 0 });
  const errorMessage = 'Group group is not a classic group.';
  const errorCode = ErrorCode.GROUP_ID_NOT_FOUND;
  assert.deepEqual(await world.apis.describeGroup('group', 6), { ...missing, errorCode, errorMessage });
});

test('a consumer group keeps the offsets of what it reads, and goes as a whole when it is empty', async () => {
  const { world, memberEpoch } = await open();
  await world.createTopic('old');
  const member = { memberId: 'a', generationIdOrMemberEpoch: memberEpoch };
  await world.commit({ 0: 5 }, member);
  await world.commit({ 0: 5 }, { ...member, topic: 'old' });
  const deleted = await world.apis.offsetDelete({
    groupId: 'group',
    topics: ['orders', 'old'].map((name) => ({ name, partitions: [{ partitionIndex: 0 }] })),
  });
  const codes = deleted.topics?.map(({ partitions }) => partitions?.[0]?.errorCode);
  assert.deepEqual(codes, [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC, ErrorCode.NONE]);
  assert.equal(await world.apis.deleteGroup('group'), ErrorCode.NON_EMPTY_GROUP);
  await world.beat('a', { memberEpoch: -1 });
  assert.equal(await world.apis.deleteGroup('group'), ErrorCode.NONE);
  const restarted = await world.restart();
  assert.deepEqual(await restarted.apis.listGroups(), []);
  assert.deepEqual(await restarted.committed(), {});
});
