/** Offsets of streams groups: who may commit and fetch them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { errorCodeOf } from '../../src/coordinator/errors.ts';
import { beat, JOIN, openStreamsWorld, owns } from '../support/streams-groups.ts';

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
  const world = await openStreamsWorld();
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
  const world = await openStreamsWorld();
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
  const world = await openStreamsWorld();
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
  const world = await openStreamsWorld();
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
