/** JoinGroup: admission, the initial delay, rebalances, and who leads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../../protocol/errors.ts';
import { buildBatch } from '../../../../protocol/records/build.ts';
import { plainSlice } from '../../../../src/base/counted.ts';
import { ClassicGroup } from '../../../../src/coordinator/group/classic/group.ts';
import { groupRecordCodec } from '../../../../src/coordinator/group/protocols.ts';
import { GroupWorld, REBALANCE_MS, SESSION_MS, settle, subscription } from '../../../support/groups.ts';

const DELAY = { 'group.initial.rebalance.delay.ms': '3000' };

test('a new dynamic member is told its id first and joins with it', async () => {
  const world = await GroupWorld.open(DELAY);
  const first = world.join({ clientId: 'app' });
  await settle();
  assert.equal(first.value.errorCode, ErrorCode.MEMBER_ID_REQUIRED);
  assert.match(first.value.memberId ?? '', /^app-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const second = world.join({ memberId: first.value.memberId ?? '' });
  await world.pass(2999);
  assert.equal(second.isDone, false);
  await world.pass(1);
  const { errorCode, generationId, leader, memberId, protocolName, protocolType, members } = second.value;
  assert.deepEqual(
    { errorCode, generationId, leader, memberId, protocolName, protocolType },
    {
      errorCode: 0,
      generationId: 1,
      leader: memberId,
      memberId: first.value.memberId,
      protocolName: 'range',
      protocolType: 'consumer',
    },
  );
  assert.deepEqual(members, [{ memberId, groupInstanceId: null, metadata: subscription(['orders']) }]);
});

test('an old client joins at once, with one timeout for session and rebalance in version 0', async () => {
  const world = await GroupWorld.open();
  const joined = world.join({ apiVersion: 0, rebalanceTimeoutMs: -1 });
  await world.pass(0);
  assert.equal(joined.value.errorCode, 0);
  assert.equal(joined.value.generationId, 1);
  await world.sync(joined.value.memberId ?? '', 1).promise;
  const second = world.join({ apiVersion: 0, rebalanceTimeoutMs: -1 });
  await settle();
  for (let passed = 0; passed < SESSION_MS; passed += 1000) {
    assert.equal(second.isDone, false);
    world.heartbeat(joined.value.memberId ?? '', 1);
    await world.pass(1000);
  }
  assert.equal(second.value.generationId, 2);
});

test('requests that cannot be served are refused with their own codes', async () => {
  const world = await GroupWorld.open();
  const codes = async (options: Parameters<GroupWorld['join']>[0]): Promise<number | undefined> => {
    const joined = world.join(options);
    await settle();
    return joined.value.errorCode;
  };
  assert.equal(await codes({ groupId: '' }), ErrorCode.INVALID_GROUP_ID);
  assert.equal(await codes({ sessionTimeoutMs: 5999 }), ErrorCode.INVALID_SESSION_TIMEOUT);
  assert.equal(await codes({ sessionTimeoutMs: 1_800_001 }), ErrorCode.INVALID_SESSION_TIMEOUT);
  assert.equal(await codes({ memberId: 'nobody' }), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await codes({ protocolType: '' }), ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  assert.equal(await codes({ protocols: [] }), ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  await world.stable();
  assert.equal(await codes({ memberId: 'nobody' }), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await codes({ memberId: 'nobody', groupInstanceId: 'a' }), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await codes({ protocolType: 'connect' }), ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  const other = [{ name: 'other', metadata: Buffer.alloc(0) }];
  assert.equal(await codes({ protocols: other }), ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
});

test('the first rebalance waits again while members keep coming, up to the rebalance timeout', async () => {
  const world = await GroupWorld.open(DELAY);
  const first = await world.joinTwice({ rebalanceTimeoutMs: 7000 });
  await world.pass(2000);
  const second = await world.joinTwice({ rebalanceTimeoutMs: 7000 });
  await world.pass(1000);
  assert.equal(first.joined.isDone, false);
  await world.pass(2000);
  const third = await world.joinTwice({ rebalanceTimeoutMs: 7000 });
  await world.pass(1000);
  assert.equal(first.joined.isDone, false);
  const fourth = await world.joinTwice({ rebalanceTimeoutMs: 7000 });
  await world.pass(999);
  assert.equal(first.joined.isDone, false);
  await world.pass(1);
  for (const { joined } of [first, second, third, fourth]) assert.equal(joined.value.generationId, 1);
  assert.equal(first.joined.value.members?.length, 4);
  assert.equal(second.joined.value.members?.length, 0);
});

test('a rebalance ends as soon as all members have joined again', async () => {
  const world = await GroupWorld.open();
  const { memberId, generationId } = await world.stable();
  const other = await world.joinTwice();
  await settle();
  assert.equal(await world.state(), 'PreparingRebalance');
  assert.equal(world.heartbeat(memberId, generationId), ErrorCode.REBALANCE_IN_PROGRESS);
  const again = world.join({ memberId });
  await settle();
  assert.equal(again.value.generationId, 2);
  assert.equal(other.joined.value.generationId, 2);
  assert.equal(again.value.leader, memberId);
  assert.equal(await world.state(), 'CompletingRebalance');
});

test('a dynamic member that does not join again is out when the rebalance timeout is over', async () => {
  const world = await GroupWorld.open();
  const { memberId } = await world.stable({ sessionTimeoutMs: 300_000 });
  const other = await world.joinTwice({ sessionTimeoutMs: 300_000 });
  await world.pass(REBALANCE_MS - 1);
  assert.equal(other.joined.isDone, false);
  await world.pass(1);
  assert.equal(other.joined.value.generationId, 2);
  assert.equal(other.joined.value.leader, other.memberId);
  assert.deepEqual(await world.members(), [other.memberId]);
  assert.equal(world.heartbeat(memberId, 1), ErrorCode.UNKNOWN_MEMBER_ID);
});

test('an id that was given out and not used holds a rebalance up for its session timeout at most', async () => {
  const world = await GroupWorld.open();
  const { memberId } = await world.stable({ sessionTimeoutMs: 30_000 });
  const pending = world.join();
  await settle();
  const again = world.join({ memberId, sessionTimeoutMs: 30_000 });
  await world.pass(SESSION_MS - 1);
  assert.equal(again.isDone, false);
  await world.pass(1);
  assert.equal(again.value.generationId, 2);
  const late = world.join({ memberId: pending.value.memberId ?? '' });
  await settle();
  assert.equal(late.value.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
});

test('a follower that repeats its join is told the current generation; a change or the leader rebalances', async () => {
  const world = await GroupWorld.open();
  const leader = await world.stable();
  const follower = await world.joinTwice();
  world.join({ memberId: leader.memberId });
  await settle();
  const repeatedEarly = world.join({ memberId: follower.memberId });
  await settle();
  assert.equal(repeatedEarly.value.generationId, 2);
  await world.sync(leader.memberId, 2).promise;
  assert.equal(await world.state(), 'Stable');
  const repeated = world.join({ memberId: follower.memberId });
  await settle();
  assert.equal(repeated.value.generationId, 2);
  assert.deepEqual(repeated.value.members, []);
  assert.equal(await world.state(), 'Stable');
  const changed = world.join({ memberId: follower.memberId, topics: ['other'] });
  await settle();
  assert.equal(changed.isDone, false);
  assert.equal(await world.state(), 'PreparingRebalance');
  const led = world.join({ memberId: leader.memberId });
  await settle();
  assert.equal(led.value.generationId, 3);
  await world.sync(leader.memberId, 3).promise;
  world.join({ memberId: leader.memberId });
  await settle();
  assert.equal(await world.state(), 'PreparingRebalance');
});

test('the protocol that all support and most prefer is chosen', async () => {
  const world = await GroupWorld.open(DELAY);
  const protocols = (...names: readonly string[]) => names.map((name) => ({ name, metadata: Buffer.from(name) }));
  const joins = [
    await world.joinTwice({ protocols: protocols('own', 'sticky', 'range') }),
    await world.joinTwice({ protocols: protocols('range', 'sticky') }),
    await world.joinTwice({ protocols: protocols('sticky', 'range') }),
  ];
  await world.pass(6000);
  assert.equal(joins[0]?.joined.value.protocolName, 'sticky');
  assert.deepEqual(joins[0]?.joined.value.members?.[1]?.metadata, Buffer.from('sticky'));
});

test('of protocols that as many prefer the one is chosen that comes first in a HashMap of Java', async () => {
  const protocols = (...names: readonly string[]) => names.map((name) => ({ name, metadata: Buffer.from(name) }));
  for (const names of [
    ['range', 'roundrobin'],
    ['roundrobin', 'range'],
  ]) {
    const world = await GroupWorld.open(DELAY);
    const first = await world.joinTwice({ protocols: protocols(...names) });
    await world.joinTwice({ protocols: protocols(...names.toReversed()) });
    await world.pass(6000);
    assert.equal(first.joined.value.protocolName, 'range');
  }
});

test('a full group turns new members away', async () => {
  const world = await GroupWorld.open({ 'group.max.size': '2', ...DELAY });
  const first = await world.joinTwice();
  const second = await world.joinTwice();
  const third = world.join();
  await settle();
  assert.equal(third.value.errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
  assert.equal(third.value.memberId, '');
  await world.pass(6000);
  assert.equal(first.joined.value.members?.length, 2);
  const fourth = world.join();
  await settle();
  assert.equal(fourth.value.errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
  const again = world.join({ memberId: second.memberId });
  await settle();
  assert.equal(again.value.errorCode, 0);
});

test('a new member whose join is parked for five minutes is given up', async () => {
  const world = await GroupWorld.open();
  const { memberId } = await world.stable({ sessionTimeoutMs: 1_800_000, rebalanceTimeoutMs: 1_800_000 });
  const other = await world.joinTwice({ rebalanceTimeoutMs: 1_800_000 });
  await world.pass(299_999);
  assert.equal(other.joined.isDone, false);
  await world.pass(1);
  assert.equal(other.joined.value.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  assert.deepEqual(await world.members(), [memberId]);
});

test('the generation after the largest is 0', () => {
  const group = new ClassicGroup('group', 0);
  group.generationId = 0x7fffffff;
  group.nextGeneration(0);
  assert.equal(group.generationId, 0);
});

test('a group whose stored leader is not among its members gets another one', async () => {
  const world = await GroupWorld.open({ 'offsets.topic.num.partitions': '1' });
  const member = { memberId: 'm', groupInstanceId: null, clientId: 'c', clientHost: '/h', sessionTimeout: SESSION_MS };
  const { key, value } = groupRecordCodec.encode({
    kind: 'classic-group',
    groupId: 'group',
    value: {
      protocolType: 'consumer',
      generation: 4,
      protocol: 'range',
      leader: 'nobody',
      currentStateTimestamp: 1,
      members: [
        { ...member, rebalanceTimeout: REBALANCE_MS, subscription: Buffer.alloc(0), assignment: Buffer.alloc(0) },
      ],
    },
  });
  const log = world.partitions.get('__consumer_offsets', 0);
  const batch = buildBatch([{ key, value, timestampMs: 1 }]);
  log?.append(plainSlice(batch), { origin: 'coordinator', produceVersion: 13 });
  await settle();
  const restarted = await world.restart();
  const joined = restarted.join({ memberId: 'm' });
  await settle();
  assert.equal(joined.value.leader, 'm');
  assert.equal(joined.value.generationId, 5);
});

test('a JoinGroup that another one of its member replaces is answered', async () => {
  const world = await GroupWorld.open();
  const first = await world.stable();
  const pending = world.join();
  const second = await world.joinTwice();
  const again = world.join({ memberId: second.memberId });
  await settle();
  assert.equal(second.joined.value.errorCode, ErrorCode.REBALANCE_IN_PROGRESS);
  assert.equal(again.isDone, false);
  world.join({ memberId: first.memberId });
  await world.leave({ memberId: pending.value.memberId ?? '' });
  await settle();
  assert.equal(again.value.generationId, 2);
});
