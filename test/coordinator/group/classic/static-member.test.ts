/** Static members: coming back, being fenced, and what a restart of one costs the group. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../../protocol/errors.ts';
import { GroupWorld, REBALANCE_MS, settle } from '../../../support/groups.ts';

/** A stable group of two static members, `a` leading. */
async function stablePair(
  settings: Readonly<Record<string, string>> = {},
): Promise<{ world: GroupWorld; a: string; b: string }> {
  const world = await GroupWorld.open({ 'group.initial.rebalance.delay.ms': '3000', ...settings });
  const joinedA = world.join({ groupInstanceId: 'a' });
  const joinedB = world.join({ groupInstanceId: 'b' });
  await world.pass(6000);
  const [a, b] = [joinedA.value.memberId ?? '', joinedB.value.memberId ?? ''];
  assert.equal(joinedA.value.leader, a);
  await world.sync(a, 1, { [a]: 'part a', [b]: 'part b' }).promise;
  return { world, a, b };
}

test('a static member joins at once, with an id made of its instance id', async () => {
  const { world, a } = await stablePair();
  assert.match(a, /^a-[0-9a-f]{8}-/);
  assert.equal(await world.state(), 'Stable');
});

test('a follower that comes back takes its place over without a rebalance', async () => {
  const { world, a, b } = await stablePair();
  const back = world.join({ groupInstanceId: 'b' });
  await settle();
  const { errorCode, generationId, leader, memberId, members, skipAssignment } = back.value;
  assert.deepEqual([errorCode, generationId, leader, members, skipAssignment], [0, 1, a, [], false]);
  assert.notEqual(memberId, b);
  assert.equal(await world.state(), 'Stable');
  const synced = world.sync(memberId ?? '', 1, {}, { groupInstanceId: 'b' });
  await settle();
  assert.deepEqual(synced.value.assignment, Buffer.from('part b'));
  assert.equal(world.heartbeat(b, 1, 'b'), ErrorCode.FENCED_INSTANCE_ID);
  assert.equal(world.heartbeat(b, 1), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.deepEqual(await world.leave({ memberId: b, groupInstanceId: 'b' }), [ErrorCode.FENCED_INSTANCE_ID]);
  const old = world.join({ memberId: b, groupInstanceId: 'b' });
  await settle();
  assert.equal(old.value.errorCode, ErrorCode.FENCED_INSTANCE_ID);
});

test('a leader that comes back is told not to assign, or in old versions who led before', async () => {
  const { world, a } = await stablePair();
  const back = world.join({ groupInstanceId: 'a' });
  await settle();
  assert.equal(back.value.skipAssignment, true);
  assert.equal(back.value.leader, back.value.memberId);
  assert.equal(back.value.members?.length, 2);
  const old = world.join({ groupInstanceId: 'a', apiVersion: 8 });
  await settle();
  assert.equal(old.value.skipAssignment, undefined);
  assert.equal(old.value.leader, back.value.memberId);
  assert.deepEqual(old.value.members, []);
  assert.notEqual(old.value.memberId, a);
  const restarted = await world.restart();
  assert.equal(restarted.heartbeat(old.value.memberId ?? '', 1, 'a'), 0);
});

test('a static member that comes back while its new id cannot be stored keeps its old one', async () => {
  const { world, b } = await stablePair();
  world.engine.autoCommit = false;
  const back = world.join({ groupInstanceId: 'b' });
  await settle();
  assert.equal(back.isDone, false);
  world.engine.fail();
  await settle();
  assert.equal(back.value.errorCode, ErrorCode.NOT_COORDINATOR);
  assert.equal(world.heartbeat(b, 1, 'b'), 0);
});

test('static members that come back while their new ids cannot be stored keep their old ones, and the leader leads', async () => {
  const { world, a, b } = await stablePair();
  world.engine.autoCommit = false;
  world.join({ groupInstanceId: 'a' });
  world.join({ groupInstanceId: 'b' });
  await settle();
  world.engine.fail();
  world.engine.autoCommit = true;
  await settle();
  assert.equal(world.heartbeat(b, 1, 'b'), 0);
  world.join({ memberId: a, groupInstanceId: 'a' });
  await settle();
  assert.equal(await world.state(), 'PreparingRebalance');
});

test('a leader that comes back leads, also where that a follower came back was not stored in time', async () => {
  const { world } = await stablePair({ 'offsets.commit.timeout.ms': '5000' });
  world.engine.autoCommit = false;
  const follower = world.join({ groupInstanceId: 'b' });
  await world.pass(3000);
  const leader = world.join({ groupInstanceId: 'a' });
  await world.pass(2000);
  assert.notEqual(follower.value.errorCode, 0);
  world.engine.commit();
  world.engine.autoCommit = true;
  await settle();
  const { memberId, skipAssignment } = leader.value;
  assert.deepEqual([leader.value.leader, skipAssignment], [memberId, true]);
});

test('a static member that joined the next generation stays in it when its new id cannot be stored', async () => {
  const world = await GroupWorld.open();
  const joined = world.join({ groupInstanceId: 'a' });
  await world.pass(0);
  const old = joined.value.memberId ?? '';
  await world.sync(old, 1, {}, { groupInstanceId: 'a' }).promise;
  world.engine.autoCommit = false;
  const back = world.join({ groupInstanceId: 'a' });
  const other = await world.joinTwice();
  await settle();
  assert.equal(back.value.generationId, 2);
  world.engine.fail();
  await settle();
  world.engine.autoCommit = true;
  const memberId = back.value.memberId ?? '';
  assert.equal(world.heartbeat(memberId, 2, 'a'), 0);
  assert.equal(world.heartbeat(other.memberId, 2), 0);
  assert.equal(world.heartbeat(old, 2, 'a'), ErrorCode.FENCED_INSTANCE_ID);
});

test('a static member whose new id was stored late is still watched', async () => {
  const { world, a } = await stablePair({ 'offsets.commit.timeout.ms': '60000' });
  world.engine.autoCommit = false;
  const back = world.join({ groupInstanceId: 'b' });
  for (let passed = 0; passed < 30_000; passed += 5000) {
    world.heartbeat(a, 1, 'a');
    await world.pass(5000);
  }
  world.engine.commit();
  world.engine.autoCommit = true;
  await settle();
  assert.equal(back.value.errorCode, 0);
  for (let passed = 0; passed <= 10_000; passed += 5000) {
    world.heartbeat(a, 1, 'a');
    await world.pass(5000);
  }
  assert.deepEqual(await world.members(), [a]);
});

test('a static member that comes back with other protocols makes the group rebalance', async () => {
  const { world } = await stablePair();
  const protocols = [
    { name: 'sticky', metadata: Buffer.from('s') },
    { name: 'range', metadata: Buffer.from('r') },
  ];
  world.join({ groupInstanceId: 'b', protocols });
  await settle();
  assert.equal(await world.state(), 'Stable');
  world.join({ groupInstanceId: 'a', protocols });
  await settle();
  assert.equal(await world.state(), 'PreparingRebalance');
});

test('a static member that comes back while the leader assigns makes the group rebalance', async () => {
  const { world, a, b } = await stablePair();
  world.join({ memberId: a, groupInstanceId: 'a' });
  world.join({ memberId: b, groupInstanceId: 'b' });
  await settle();
  const waiting = world.sync(b, 2, {}, { groupInstanceId: 'b' });
  await settle();
  world.join({ groupInstanceId: 'b' });
  await settle();
  assert.equal(waiting.value.errorCode, ErrorCode.FENCED_INSTANCE_ID);
  assert.equal(await world.state(), 'PreparingRebalance');
});

test('a static member that is replaced while it joins is fenced', async () => {
  const { world, a } = await stablePair();
  const first = world.join({ memberId: a, groupInstanceId: 'a' });
  await settle();
  const second = world.join({ groupInstanceId: 'a' });
  await settle();
  assert.equal(first.value.errorCode, ErrorCode.FENCED_INSTANCE_ID);
  assert.equal(second.isDone, false);
});

test('a static member that misses a rebalance stays until its session ends', async () => {
  const { world, a, b } = await stablePair();
  const again = world.join({ memberId: a, groupInstanceId: 'a', sessionTimeoutMs: 1_000_000 });
  for (let passed = 0; passed < REBALANCE_MS; passed += 5000) {
    world.heartbeat(b, 1, 'b');
    await world.pass(5000);
  }
  assert.equal(again.value.generationId, 2);
  assert.deepEqual((await world.members()).sort(), [a, b].sort());
  await world.pass(10_000);
  assert.deepEqual(await world.members(), [a]);
});

test('a rebalance that only static members could end, and none of them does, waits on', async () => {
  const { world, a, b } = await stablePair();
  const pending = world.join();
  await settle();
  const { memberId: third } = await world.joinTwice();
  await world.leave({ memberId: third }, { memberId: pending.value.memberId ?? '' });
  for (let passed = 0; passed < 2 * REBALANCE_MS; passed += 5000) {
    for (const [id, instance] of [
      [a, 'a'],
      [b, 'b'],
    ] as const) {
      assert.equal(world.heartbeat(id, 1, instance), ErrorCode.REBALANCE_IN_PROGRESS);
    }
    await world.pass(5000);
  }
  assert.equal(await world.state(), 'PreparingRebalance');
  const back = [world.join({ memberId: a, groupInstanceId: 'a' }), world.join({ memberId: b, groupInstanceId: 'b' })];
  await settle();
  for (const joined of back) assert.equal(joined.value.generationId, 2);
});
