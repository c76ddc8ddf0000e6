/** SyncGroup, heartbeats, sessions and leaving. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../../protocol/errors.ts';
import { GroupWorld, REBALANCE_MS, SESSION_MS, settle } from '../../../support/groups.ts';

/** Two members that have joined and not synced yet. */
async function joinedPair(world: GroupWorld): Promise<{ leader: string; follower: string; generationId: number }> {
  const first = await world.stable();
  const second = await world.joinTwice();
  world.join({ memberId: first.memberId });
  await settle();
  return { leader: first.memberId, follower: second.memberId, generationId: 2 };
}

test('followers wait for the leader, and members it forgot get an empty assignment', async () => {
  const world = await GroupWorld.open();
  const { leader, follower } = await joinedPair(world);
  const waiting = world.sync(follower, 2);
  await settle();
  assert.equal(waiting.isDone, false);
  const leading = world.sync(leader, 2, { [leader]: 'all' });
  await settle();
  assert.deepEqual(leading.value, {
    errorCode: 0,
    protocolType: 'consumer',
    protocolName: 'range',
    assignment: Buffer.from('all'),
  });
  assert.deepEqual(waiting.value.assignment, Buffer.alloc(0));
  assert.equal(await world.state(), 'Stable');
  const repeated = world.sync(leader, 2);
  await settle();
  assert.deepEqual(repeated.value.assignment, Buffer.from('all'));
});

test('the answers to a sync wait until the assignments are committed', async () => {
  const world = await GroupWorld.open();
  const { leader } = await joinedPair(world);
  world.engine.autoCommit = false;
  const leading = world.sync(leader, 2, { [leader]: 'all' });
  await settle();
  assert.equal(leading.isDone, false);
  world.engine.commit();
  await settle();
  assert.equal(leading.value.errorCode, 0);
});

test('assignments that cannot be stored make the group rebalance', async () => {
  const world = await GroupWorld.open();
  const { leader, follower } = await joinedPair(world);
  world.engine.autoCommit = false;
  const waiting = world.sync(follower, 2);
  const leading = world.sync(leader, 2, { [leader]: 'all' });
  await settle();
  world.engine.fail();
  await settle();
  assert.equal(leading.value.errorCode, ErrorCode.NOT_COORDINATOR);
  assert.equal(waiting.value.errorCode, ErrorCode.NOT_COORDINATOR);
  world.engine.autoCommit = true;
  assert.equal(await world.state(), 'PreparingRebalance');
});

test('syncs that do not fit are refused, in this order of checks', async () => {
  const world = await GroupWorld.open();
  const code = async (...args: Parameters<GroupWorld['sync']>): Promise<number | undefined> => {
    const synced = world.sync(...args);
    await settle();
    return synced.value.errorCode;
  };
  assert.equal(await code('nobody', 1), ErrorCode.UNKNOWN_MEMBER_ID);
  const { leader } = await joinedPair(world);
  assert.equal(await code('nobody', 2), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await code(leader, 1), ErrorCode.ILLEGAL_GENERATION);
  assert.equal(await code(leader, 2, {}, { groupInstanceId: 'x' }), ErrorCode.UNKNOWN_MEMBER_ID);
  const request = { groupId: 'group', generationId: 2, memberId: leader, groupInstanceId: null, assignments: [] };
  const wrong = { ...request, protocolType: 'consumer', protocolName: 'other' };
  assert.equal((await world.apis.syncGroup(wrong)).errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  const otherType = { ...request, protocolType: 'connect', protocolName: 'range' };
  assert.equal((await world.apis.syncGroup(otherType)).errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  world.join({ memberId: leader, topics: ['changed'] });
  await settle();
  assert.equal(await code(leader, 2), ErrorCode.REBALANCE_IN_PROGRESS);
});

test('a rebalance that begins while members wait for assignments sends them back to join', async () => {
  const world = await GroupWorld.open();
  const { leader, follower } = await joinedPair(world);
  const waiting = world.sync(follower, 2);
  await settle();
  await world.joinTwice();
  await settle();
  assert.equal(waiting.value.errorCode, ErrorCode.REBALANCE_IN_PROGRESS);
  assert.equal(world.heartbeat(leader, 2), ErrorCode.REBALANCE_IN_PROGRESS);
});

test('a member that joins and never syncs is removed after the rebalance timeout', async () => {
  const world = await GroupWorld.open();
  const { leader, follower } = await joinedPair(world);
  world.sync(leader, 2, { [leader]: 'all' });
  await settle();
  for (let passed = 0; passed < REBALANCE_MS; passed += 5000) {
    assert.equal(world.heartbeat(leader, 2), 0);
    assert.equal(world.heartbeat(follower, 2), 0);
    await world.pass(5000);
  }
  assert.deepEqual(await world.members(), [leader]);
  assert.equal(world.heartbeat(leader, 2), ErrorCode.REBALANCE_IN_PROGRESS);
});

test('heartbeats are refused in this order of checks', async () => {
  const world = await GroupWorld.open();
  const { groupId, ...rest } = { groupId: 'none', generationId: 1, memberId: 'a', groupInstanceId: null };
  assert.equal(world.apis.heartbeat({ groupId, ...rest }), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(world.apis.heartbeat({ groupId: '', ...rest }), ErrorCode.INVALID_GROUP_ID);
  const joined = world.join({ groupInstanceId: 'a' });
  await world.pass(0);
  const memberId = joined.value.memberId ?? '';
  assert.equal(world.heartbeat('nobody', 1), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(world.heartbeat('nobody', 1, 'a'), ErrorCode.FENCED_INSTANCE_ID);
  assert.equal(world.heartbeat(memberId, 1, 'b'), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(world.heartbeat(memberId, 7, 'a'), ErrorCode.ILLEGAL_GENERATION);
});

test('heartbeats keep a member; silence for its session timeout removes it', async () => {
  const world = await GroupWorld.open();
  const { memberId, generationId } = await world.stable();
  for (let i = 0; i < 5; i++) {
    await world.pass(SESSION_MS - 1);
    assert.equal(world.heartbeat(memberId, generationId), 0);
  }
  await world.pass(SESSION_MS);
  assert.equal(world.heartbeat(memberId, generationId), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await world.state(), 'Empty');
});

test('members leave by id, by instance, while pending, and not twice', async () => {
  const world = await GroupWorld.open();
  const { memberId } = await world.stable();
  const pending = world.join();
  const fixed = world.join({ groupInstanceId: 'fixed' });
  await settle();
  assert.equal(await world.state(), 'PreparingRebalance');
  const codes = await world.leave(
    { memberId: pending.value.memberId ?? '' },
    { groupInstanceId: 'fixed' },
    { groupInstanceId: 'unknown' },
    { memberId: 'nobody' },
    { memberId },
    { memberId },
  );
  assert.deepEqual(codes, [0, 0, 25, 25, 0, 25]);
  assert.equal(fixed.value.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  await settle();
  assert.equal(await world.state(), 'Empty');
});

test('a member that leaves makes the others rebalance, the last one leaves the group empty', async () => {
  const world = await GroupWorld.open();
  const { leader, follower } = await joinedPair(world);
  await world.sync(leader, 2).promise;
  assert.deepEqual(await world.leave({ memberId: leader }), [0]);
  assert.equal(world.heartbeat(follower, 2), ErrorCode.REBALANCE_IN_PROGRESS);
  const again = world.join({ memberId: follower });
  await settle();
  assert.equal(again.value.leader, follower);
  assert.deepEqual(await world.leave({ memberId: follower }), [0]);
  assert.equal(await world.state(), 'Empty');
  const restarted = await world.restart();
  assert.equal(await restarted.state(), 'Empty');
});

test('what is parked is answered when the broker stops, and no timer stays', async () => {
  const world = await GroupWorld.open();
  const { follower } = await joinedPair(world);
  const waiting = world.sync(follower, 2);
  await world.coordinator.close();
  await settle();
  assert.equal(waiting.value.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  await world.partitions.close();
  await world.services.transactions.close();
  await world.services.shareStates.close();
  assert.equal(world.clock.pendingTimers, 0);
});
