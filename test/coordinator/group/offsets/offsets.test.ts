/** Committing, fetching, deleting and expiring offsets; deleting groups and topics. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../../protocol/errors.ts';
import { ZERO_UUID } from '../../../../protocol/reader.ts';
import { subscribedTopics } from '../../../../src/coordinator/group/classic/subscription.ts';
import { GroupWorld, settle, subscription } from '../../../support/groups.ts';

const DAY_MS = 86_400_000;
const RETENTION_MS = 7 * DAY_MS;

const refused = (code: number): { code: number } => ({ code });

test('anybody may commit for a group that has no members, which makes the group', async () => {
  const world = await GroupWorld.open();
  await world.commit({ 0: 5, 1: 7 });
  await world.commit({ 0: 6 }, { memberId: 'somebody' });
  assert.deepEqual(await world.committed(), { 0: 6, 1: 7 });
  assert.equal(await world.state(), 'Empty');
  const [listed] = await world.apis.listGroups();
  assert.deepEqual(listed, { groupId: 'group', protocolType: '', groupState: 'Empty', groupType: 'classic' });
});

test('a commit of a generation needs the group, the member and that generation', async () => {
  const world = await GroupWorld.open();
  const as = (memberId: string, generation: number, groupInstanceId: string | null = null, apiVersion = 9) =>
    world.commit({ 0: 1 }, { memberId, generationIdOrMemberEpoch: generation, groupInstanceId, apiVersion });
  await assert.rejects(as('a', 0), refused(ErrorCode.GROUP_ID_NOT_FOUND));
  await assert.rejects(as('a', 0, null, 8), refused(ErrorCode.ILLEGAL_GENERATION));
  const { memberId } = await world.stable();
  await assert.rejects(as('', -1), refused(ErrorCode.UNKNOWN_MEMBER_ID));
  await assert.rejects(as('a', 1), refused(ErrorCode.UNKNOWN_MEMBER_ID));
  await assert.rejects(as('a', -1), refused(ErrorCode.UNKNOWN_MEMBER_ID));
  await assert.rejects(as(memberId, 1, 'instance'), refused(ErrorCode.UNKNOWN_MEMBER_ID));
  await assert.rejects(as(memberId, 0), refused(ErrorCode.ILLEGAL_GENERATION));
  await assert.rejects(as(memberId, -1), refused(ErrorCode.ILLEGAL_GENERATION));
  await as(memberId, 1);
  world.join({ memberId, topics: ['changed'] });
  await settle();
  assert.equal(await world.state(), 'CompletingRebalance');
  await assert.rejects(as(memberId, 2), refused(ErrorCode.REBALANCE_IN_PROGRESS));
  await world.sync(memberId, 2).promise;
  await world.joinTwice();
  assert.equal(await world.state(), 'PreparingRebalance');
  await as(memberId, 2);
  assert.deepEqual(await world.committed(), { 0: 1 });
});

test('a commit keeps the session of its member', async () => {
  const world = await GroupWorld.open();
  const { memberId } = await world.stable();
  await world.pass(9999);
  await world.commit({ 0: 1 }, { memberId, generationIdOrMemberEpoch: 1 });
  await world.pass(9999);
  assert.equal(world.heartbeat(memberId, 1), 0);
});

test('metadata that is too long is refused for its partition alone', async () => {
  const world = await GroupWorld.open();
  const partition = (partitionIndex: number, length: number) => ({
    partitionIndex,
    committedOffset: 3,
    committedLeaderEpoch: -1,
    committedMetadata: 'x'.repeat(length),
  });
  const topicId = world.metadata.topic('orders')?.id ?? '';
  const topics = [{ name: 'orders', topicId, partitions: [partition(0, 4096), partition(1, 4097)] }];
  const response = await world.commit({}, { topics });
  assert.deepEqual(
    response.topics?.[0]?.partitions?.map(({ errorCode }) => errorCode),
    [0, ErrorCode.OFFSET_METADATA_TOO_LARGE],
  );
  assert.deepEqual(await world.committed(), { 0: 3 });
});

test('a commit is answered when it is durable, and a fetch never shows what may still be lost', async () => {
  const world = await GroupWorld.open();
  await world.commit({ 0: 1 });
  world.engine.autoCommit = false;
  let fetched: Record<number, number> | null = null;
  const commit = world.commit({ 0: 2, 1: 2 });
  const fetch = world.committed().then((offsets) => {
    fetched = offsets;
  });
  await settle();
  assert.equal(fetched, null);
  world.engine.commit();
  await commit;
  await fetch;
  assert.deepEqual(fetched, { 0: 2, 1: 2 });
});

test('commits that are lost are taken back, in order, and refused with those who saw them', async () => {
  const world = await GroupWorld.open();
  await world.commit({ 0: 1 });
  world.engine.autoCommit = false;
  const commits = [world.commit({ 0: 2 }), world.commit({ 0: 3, 1: 3 }), world.commit({ 0: 9 }, { groupId: 'new' })];
  const fetch = world.committed();
  const outcomes = Promise.allSettled([...commits, fetch]);
  await settle();
  world.engine.fail();
  world.engine.autoCommit = true;
  assert.deepEqual(
    (await outcomes).map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'answered')),
    Array.from({ length: 4 }, () => ErrorCode.NOT_COORDINATOR),
  );
  assert.deepEqual(await world.committed(), { 0: 1 });
  assert.equal(await world.state('new'), 'Dead');
  await world.commit({ 1: 8 });
  const restarted = await world.restart();
  assert.deepEqual(await restarted.committed(), { 0: 1, 1: 8 });
});

test('a group that somebody is about to join stays when the commit that made it is lost', async () => {
  const world = await GroupWorld.open();
  world.engine.autoCommit = false;
  const commit = world.commit({ 0: 1 });
  const first = world.join();
  await settle();
  assert.equal(first.value.errorCode, ErrorCode.MEMBER_ID_REQUIRED);
  world.engine.fail();
  world.engine.autoCommit = true;
  await assert.rejects(commit, refused(ErrorCode.NOT_COORDINATOR));
  const joined = world.join({ memberId: first.value.memberId ?? '' });
  await world.pass(3000);
  assert.equal(joined.value.errorCode, 0);
});

test('an append that is refused leaves everything as it was', async () => {
  const world = await GroupWorld.open();
  await world.commit({ 0: 1 });
  world.engine.fail('DISK_FULL', { poison: true });
  await assert.rejects(world.commit({ 0: 2 }), refused(ErrorCode.NOT_COORDINATOR));
  await assert.rejects(world.commit({ 0: 2 }, { groupId: 'new' }), refused(ErrorCode.NOT_COORDINATOR));
  assert.deepEqual(await world.committed(), { 0: 1 });
  assert.equal(await world.state('new'), 'Dead');
});

test('a fetch by name answers every partition asked for, of any group', async () => {
  const world = await GroupWorld.open();
  await world.commit({ 0: 5 });
  const topics = [{ name: 'orders', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitionIndexes: [0, 1] }];
  const group = { groupId: 'group', memberId: null, memberEpoch: -1, topics };
  const none = { partitionIndex: 1, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 };
  const found = { partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: 1, metadata: 'at 5', errorCode: 0 };
  const response = await world.apis.offsetFetch(group);
  assert.deepEqual(response.topics?.[0]?.partitions, [found, none]);
  const missing = await world.apis.offsetFetch({ ...group, groupId: 'missing' });
  assert.deepEqual(missing.topics?.[0]?.partitions, [{ ...none, partitionIndex: 0 }, none]);
  assert.equal(missing.errorCode, 0);
});

test('offsets of topics that a consumer group reads cannot be deleted, others can', async () => {
  const world = await GroupWorld.open();
  await world.createTopic('old');
  await world.commit({ 0: 1, 1: 2 });
  await world.commit({ 0: 3 }, { topic: 'old' });
  const request = (name: string, groupId = 'group') => ({
    groupId,
    topics: [{ name, partitions: [{ partitionIndex: 0 }, { partitionIndex: 3 }] }],
  });
  await assert.rejects(world.apis.offsetDelete(request('old', 'none')), refused(ErrorCode.GROUP_ID_NOT_FOUND));
  const { memberId } = await world.stable();
  const kept = await world.apis.offsetDelete(request('orders'));
  assert.deepEqual(
    kept.topics?.[0]?.partitions?.map(({ errorCode }) => errorCode),
    [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC, ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC],
  );
  const gone = await world.apis.offsetDelete(request('old'));
  assert.deepEqual(
    gone.topics?.[0]?.partitions?.map(({ errorCode }) => errorCode),
    [0, 0],
  );
  assert.deepEqual(await world.committed('group', 'old'), {});
  await world.leave({ memberId });
  await world.apis.offsetDelete(request('orders'));
  assert.deepEqual(await world.committed(), { 1: 2 });
  assert.deepEqual(await (await world.restart()).committed(), { 1: 2 });
});

test('offsets of an active group of another kind cannot be deleted', async () => {
  const world = await GroupWorld.open();
  await world.joinTwice({ protocolType: 'connect' });
  await world.pass(3000);
  assert.equal(await world.state(), 'CompletingRebalance');
  const request = { groupId: 'group', topics: [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }] };
  await assert.rejects(world.apis.offsetDelete(request), refused(ErrorCode.NON_EMPTY_GROUP));
});

test('only empty groups can be deleted, with all their offsets', async () => {
  const world = await GroupWorld.open();
  await world.commit({ 0: 1 });
  const { memberId } = await world.stable();
  const codes = (...ids: string[]): Promise<number[]> => Promise.all(ids.map((id) => world.apis.deleteGroup(id)));
  assert.deepEqual(await codes('group', 'none'), [ErrorCode.NON_EMPTY_GROUP, ErrorCode.GROUP_ID_NOT_FOUND]);
  await world.leave({ memberId });
  assert.deepEqual(await codes('group'), [0]);
  assert.equal(await world.state(), 'Dead');
  const restarted = await world.restart();
  assert.equal(await restarted.state(), 'Dead');
  assert.deepEqual(await restarted.committed(), {});
});

test('a group whose deletion is lost is as before, but for ids that were given out', async () => {
  const world = await GroupWorld.open();
  await world.commit({ 0: 1 });
  const pending = world.join();
  await settle();
  world.engine.autoCommit = false;
  const deletion = world.apis.deleteGroup('group');
  await settle();
  world.engine.fail();
  world.engine.autoCommit = true;
  assert.equal(await deletion, ErrorCode.NOT_COORDINATOR);
  assert.deepEqual(await world.committed(), { 0: 1 });
  const late = world.join({ memberId: pending.value.memberId ?? '' });
  await settle();
  assert.equal(late.value.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  await world.stable();
});

test('a deleted topic takes its offsets along', async () => {
  const world = await GroupWorld.open();
  await world.createTopic('other');
  for (const groupId of ['a', 'b', 'c']) {
    await world.commit({ 0: 1 }, { groupId });
    await world.commit({ 0: 2 }, { groupId, topic: 'other' });
  }
  await world.metadata.deleteTopic('orders');
  await settle();
  for (const groupId of ['a', 'b', 'c']) {
    assert.deepEqual(await world.committed(groupId), {});
    assert.deepEqual(await world.committed(groupId, 'other'), { 0: 2 });
  }
});

test('offsets of a topic that was deleted while the coordinator did not look are forgotten at its start', async () => {
  const world = await GroupWorld.open();
  await world.commit({ 0: 1 });
  await world.coordinator.close();
  await world.metadata.deleteTopic('orders');
  const restarted = await world.restart();
  await restarted.createTopic('orders');
  await restarted.pass(1);
  assert.deepEqual(await restarted.committed(), {});
});

test('offsets of a deleted topic that could not be forgotten count for none of its name, and go later', async () => {
  const world = await GroupWorld.open();
  await world.commit({ 0: 1 });
  world.engine.autoCommit = false;
  await world.metadata.deleteTopic('orders');
  world.engine.fail();
  world.engine.autoCommit = true;
  await world.createTopic('orders');
  const topics = [{ name: 'orders', topicId: ZERO_UUID, partitionIndexes: [0] }];
  const asked = { groupId: 'group', memberId: null, memberEpoch: -1, topics };
  const { topics: fetched } = await world.apis.offsetFetch(asked);
  assert.equal(fetched?.[0]?.partitions?.[0]?.committedOffset, -1);
  assert.deepEqual(await world.committed(), {});
  await world.pass(600_000);
  await world.pass(600_000);
  assert.equal(await world.state(), 'Dead');
});

test('offsets of a group without members go a week after it became so, and the group with them', async () => {
  const world = await GroupWorld.open();
  const { memberId } = await world.stable({ sessionTimeoutMs: 1_800_000 });
  await world.commit({ 0: 1 }, { memberId, generationIdOrMemberEpoch: 1 });
  for (let passed = 0; passed < RETENTION_MS + DAY_MS; passed += 1_200_000) {
    await world.pass(1_200_000);
    assert.equal(world.heartbeat(memberId, 1), 0);
  }
  assert.deepEqual(await world.committed(), { 0: 1 });
  await world.leave({ memberId });
  await world.pass(RETENTION_MS - 600_000);
  assert.deepEqual(await world.committed(), { 0: 1 });
  await world.pass(1_200_000);
  assert.deepEqual(await world.committed(), {});
  assert.equal(await world.state(), 'Dead');
});

test('offsets of topics that an active group no longer reads go a week after their commit', async () => {
  const world = await GroupWorld.open();
  await world.createTopic('old');
  await world.commit({ 0: 4 }, { topic: 'old' });
  const { memberId } = await world.stable({ sessionTimeoutMs: 1_800_000 });
  await world.commit({ 0: 1 }, { memberId, generationIdOrMemberEpoch: 1 });
  for (let passed = 0; passed < RETENTION_MS + 1_200_000; passed += 1_200_000) {
    await world.pass(1_200_000);
    world.heartbeat(memberId, 1);
  }
  assert.deepEqual(await world.committed('group', 'old'), {});
  assert.deepEqual(await world.committed(), { 0: 1 });
});

test('a retention time beyond all bounds is taken for the longest or the shortest', async () => {
  const world = await GroupWorld.open();
  const codes = async (partition: number, retentionTimeMs: number): Promise<(number | undefined)[]> => {
    const { topics } = await world.commit({ [partition]: 7 }, { retentionTimeMs, apiVersion: 4 });
    return (topics ?? []).flatMap(({ partitions }) => (partitions ?? []).map(({ errorCode }) => errorCode));
  };
  assert.deepEqual(await codes(0, Number.MAX_SAFE_INTEGER), [0]);
  assert.deepEqual(await codes(1, Number.MIN_SAFE_INTEGER), [0]);
  await world.pass(2 * RETENTION_MS);
  const restarted = await world.restart();
  assert.deepEqual(await restarted.committed(), { 0: 7 });
});

test('offsets of standalone consumers go a week after their commit, or at the time the commit named', async () => {
  const world = await GroupWorld.open();
  await world.commit({ 0: 1 });
  await world.commit({ 1: 1 }, { retentionTimeMs: DAY_MS, apiVersion: 4 });
  await world.pass(DAY_MS + 600_000);
  assert.deepEqual(await world.committed(), { 0: 1 });
  await world.commit({ 2: 1 });
  await world.pass(RETENTION_MS - DAY_MS);
  assert.deepEqual(await world.committed(), { 2: 1 });
  await world.pass(DAY_MS + 600_000);
  assert.equal(await world.state(), 'Dead');
});

test('topics are read from a subscription of any version', () => {
  const bytes = subscription(['orders'], 0);
  for (const version of [-1, 0, 3, 99]) {
    bytes.writeInt16BE(version);
    assert.deepEqual(subscribedTopics([bytes]), new Set(['orders']));
  }
});
