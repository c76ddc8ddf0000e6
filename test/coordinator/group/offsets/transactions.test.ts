/** Offsets that are committed inside transactions: when they count, who may commit them, and what drops them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../../protocol/errors.ts';
import { REWRITE_AGE_MS } from '../../../../src/coordinator/rewrite.ts';
import { ConsumerWorld } from '../../../support/consumer-world.ts';
import { GroupWorld, settle } from '../../../support/groups.ts';

const DAY_MS = 86_400_000;
const ONE_PARTITION = { 'offsets.topic.num.partitions': '1' };
const producer = { producerId: 7n, producerEpoch: 0 };
const other = { producerId: 8n, producerEpoch: 3 };

const refused = (code: number): { code: number } => ({ code });

/** Committed offsets where no transaction is open, `unstable` where one is. */
async function stable(world: GroupWorld, groupId = 'group'): Promise<Record<number, number | string>> {
  const partitionIndexes = [0, 1, 2, 3];
  const topics = [{ name: 'orders', topicId: world.metadata.topic('orders')?.id ?? '', partitionIndexes }];
  const fetch = { groupId, memberId: null, memberEpoch: -1, topics };
  const { topics: fetched } = await world.apis.offsetFetch(fetch, true);
  const answers = (fetched?.[0]?.partitions ?? []).filter(({ committedOffset, errorCode }) => {
    return errorCode !== ErrorCode.NONE || committedOffset !== -1;
  });
  return Object.fromEntries(
    answers.map(({ partitionIndex, committedOffset, errorCode }) => {
      if (errorCode !== ErrorCode.UNSTABLE_OFFSET_COMMIT) return [partitionIndex, committedOffset];
      assert.equal(committedOffset, -1);
      return [partitionIndex, 'unstable'];
    }),
  );
}

test('offsets of a transaction count when it is committed, and are unstable until then', async () => {
  const world = await GroupWorld.open(ONE_PARTITION);
  await world.commit({ 0: 1, 1: 1 });
  await world.commitInTransaction(producer, { 0: 5, 2: 6 });
  assert.deepEqual(await world.committed(), { 0: 1, 1: 1 });
  assert.deepEqual(await stable(world), { 0: 'unstable', 1: 1, 2: 'unstable' });
  const { topics: all } = await world.apis.offsetFetch(
    { groupId: 'group', memberId: null, memberEpoch: -1, topics: null },
    true,
  );
  assert.deepEqual(
    all?.[0]?.partitions?.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode]),
    [
      [0, ErrorCode.UNSTABLE_OFFSET_COMMIT],
      [1, 0],
    ],
  );
  await world.endTransaction(producer, 'commit');
  assert.deepEqual(await world.committed(), { 0: 5, 1: 1, 2: 6 });
  assert.deepEqual(await stable(world), { 0: 5, 1: 1, 2: 6 });
});

test('offsets of a transaction that is aborted are dropped, those of others are not', async () => {
  const world = await GroupWorld.open(ONE_PARTITION);
  await world.commit({ 0: 1 });
  await world.commitInTransaction(producer, { 0: 5, 1: 5 });
  await world.commitInTransaction(other, { 1: 7 });
  await world.endTransaction({ ...producer, producerEpoch: 1 }, 'abort');
  assert.deepEqual(await stable(world), { 0: 1, 1: 'unstable' });
  await world.endTransaction(other, 'commit');
  assert.deepEqual(await stable(world), { 0: 1, 1: 7 });
});

test('of a plain commit and one in a transaction the later counts, through restarts and rewrites', async () => {
  let world = await GroupWorld.open(ONE_PARTITION);
  await world.commitInTransaction(producer, { 0: 10 });
  await world.commit({ 0: 20, 1: 20 });
  await world.commitInTransaction(producer, { 1: 30 });
  assert.deepEqual(await world.committed(), { 0: 20, 1: 20 });
  await world.pass(REWRITE_AGE_MS + 20_000);
  world = await world.restart();
  assert.deepEqual(await stable(world), { 0: 'unstable', 1: 'unstable' });
  await world.endTransaction(producer, 'commit');
  assert.deepEqual(await stable(world), { 0: 20, 1: 30 });
  assert.deepEqual(await stable(await world.restart()), { 0: 20, 1: 30 });
});

test('a commit in a transaction makes the group, unless it speaks for a member of some generation', async () => {
  const world = await GroupWorld.open(ONE_PARTITION);
  const asMember = { memberId: 'm', groupInstanceId: 'i' };
  const asGeneration = (apiVersion: number): Promise<void> =>
    world.commitInTransaction(producer, { 0: 1 }, { generationIdOrMemberEpoch: 0, apiVersion });
  await assert.rejects(asGeneration(5), refused(ErrorCode.ILLEGAL_GENERATION));
  await assert.rejects(asGeneration(6), refused(ErrorCode.GROUP_ID_NOT_FOUND));
  assert.deepEqual(await world.apis.listGroups(), []);
  await world.commitInTransaction(producer, { 0: 1 }, asMember);
  const made = [{ groupId: 'group', protocolType: '', groupState: 'Empty', groupType: 'classic' }];
  assert.deepEqual(await world.apis.listGroups(), made);
  await world.endTransaction(producer, 'abort');
  assert.deepEqual(await world.apis.listGroups(), made);
});

test('a commit in a transaction that names a member needs its generation, one that names none needs nothing', async () => {
  const world = await GroupWorld.open(ONE_PARTITION);
  const { memberId } = await world.stable();
  const as = (memberId: string, generationIdOrMemberEpoch: number, groupInstanceId: string | null = null) =>
    world.commitInTransaction(producer, { 0: 1 }, { memberId, generationIdOrMemberEpoch, groupInstanceId });
  await assert.rejects(as(memberId, 0), refused(ErrorCode.ILLEGAL_GENERATION));
  await assert.rejects(as(memberId, -1), refused(ErrorCode.ILLEGAL_GENERATION));
  await assert.rejects(as('nobody', 1), refused(ErrorCode.UNKNOWN_MEMBER_ID));
  await assert.rejects(as('', -1, 'instance'), refused(ErrorCode.UNKNOWN_MEMBER_ID));
  await as('', -1);
  await as(memberId, 1);
  world.join({ memberId });
  await settle();
  assert.equal(await world.state(), 'CompletingRebalance');
  await as(memberId, 2);
});

test('a commit in a transaction is no sign of life of a member', async () => {
  const world = await GroupWorld.open(ONE_PARTITION);
  const { memberId } = await world.stable();
  await world.pass(9999);
  await world.commitInTransaction(producer, { 0: 1 }, { memberId, generationIdOrMemberEpoch: 1 });
  await world.pass(1);
  assert.equal(world.heartbeat(memberId, 1), ErrorCode.UNKNOWN_MEMBER_ID);
});

test('deleting the group drops what its transactions would commit, for good', async () => {
  const world = await GroupWorld.open(ONE_PARTITION);
  await world.commit({ 0: 1 });
  await world.commitInTransaction(producer, { 0: 5, 1: 5 });
  assert.equal(await world.apis.deleteGroup('group'), ErrorCode.NONE);
  const restarted = await world.restart();
  await restarted.endTransaction(producer, 'commit');
  assert.deepEqual(await restarted.committed(), {});
  assert.equal(await restarted.state(), 'Dead');
});

test('deleting an offset, or its topic, drops what transactions would commit there', async () => {
  const world = await GroupWorld.open(ONE_PARTITION);
  await world.createTopic('old');
  await world.commitInTransaction(producer, { 0: 5, 1: 6 });
  await world.commitInTransaction(producer, { 0: 5 }, { topic: 'old' });
  await world.apis.offsetDelete({
    groupId: 'group',
    topics: [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }],
  });
  await world.metadata.deleteTopic('old');
  await settle();
  await world.endTransaction(producer, 'commit');
  assert.deepEqual(await world.committed(), { 1: 6 });
  assert.deepEqual(await world.committed('group', 'old'), {});
});

test('nothing expires where an open transaction would commit, nor does its group', async () => {
  const world = await GroupWorld.open(ONE_PARTITION);
  await world.commit({ 0: 1, 1: 1 });
  await world.commitInTransaction(producer, { 0: 5 });
  await world.pass(8 * DAY_MS);
  assert.deepEqual(await world.committed(), { 0: 1 });
  await world.endTransaction(producer, 'abort');
  await world.pass(600_000);
  assert.deepEqual(await world.committed(), {});
  await world.commitInTransaction(producer, { 0: 5 }, { groupId: 'pending' });
  await world.pass(8 * DAY_MS);
  assert.equal(await world.state('pending'), 'Empty');
  await world.endTransaction(producer, 'abort');
  await world.pass(600_000);
  assert.equal(await world.state('pending'), 'Dead');
});

test('commits in transactions, and their ends, that are lost leave everything as it was', async () => {
  const world = await GroupWorld.open(ONE_PARTITION);
  await world.commit({ 0: 1 });
  await world.commitInTransaction(producer, { 0: 5 });
  world.engine.autoCommit = false;
  const lost = [
    world.commitInTransaction(producer, { 1: 6 }),
    world.commitInTransaction(other, { 0: 7 }, { groupId: 'made' }),
    world.apis.offsetDelete({ groupId: 'group', topics: [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }] }),
    world.commitInTransaction(producer, { 0: 9 }),
    world.endTransaction(producer, 'commit'),
  ].map((promise) => assert.rejects(promise, refused(ErrorCode.NOT_COORDINATOR)));
  await settle();
  world.engine.fail();
  world.engine.autoCommit = true;
  await Promise.all(lost);
  assert.deepEqual(await stable(world), { 0: 'unstable' });
  assert.equal(await world.state('made'), 'Dead');
  await world.endTransaction(producer, 'commit');
  await world.endTransaction(other, 'commit');
  assert.deepEqual(await world.committed(), { 0: 5 });
  assert.deepEqual(await world.committed('made'), {});
});

test('in a transaction a member of a consumer group is held to its epoch, and nobody needs no member', async () => {
  const world = await ConsumerWorld.open(ONE_PARTITION);
  const { memberEpoch } = await world.joinConsumer('a');
  const as = (memberId: string, generationIdOrMemberEpoch: number) =>
    world.commitInTransaction(producer, { 0: 1 }, { memberId, generationIdOrMemberEpoch });
  for (const epoch of [memberEpoch - 1, memberEpoch + 1]) {
    await assert.rejects(as('a', epoch), refused(ErrorCode.STALE_MEMBER_EPOCH));
  }
  await assert.rejects(as('b', memberEpoch), refused(ErrorCode.UNKNOWN_MEMBER_ID));
  await as('', -1);
  await as('a', memberEpoch);
  await world.endTransaction(producer, 'commit');
  assert.deepEqual(await world.committed(), { 0: 1 });
});
