/** What all coordinators share: loading, answers that wait for commits, and logs that stay short. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { CONSUMER_OFFSETS_TOPIC } from '../../src/coordinator/group/coordinator.ts';
import { javaHash, partitionFor } from '../../src/coordinator/java-hash.ts';
import { PINNED_BYTES, REWRITE_AGE_MS } from '../../src/coordinator/rewrite.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { MemoryCatalog } from '../../src/storage/catalog/memory.ts';
import { StorageError } from '../../src/storage/types.ts';
import { GroupWorld, settle } from '../support/groups.ts';
import { MemoryEngine } from '../support/memory-engine.ts';

const ONE_PARTITION = { 'offsets.topic.num.partitions': '1' };

test('a key belongs to the partition that Java computes', () => {
  assert.equal(javaHash(''), 0);
  assert.equal(javaHash('group'), 98_629_247);
  assert.equal(javaHash('polygenelubricants'), -0x8000_0000);
  assert.equal(partitionFor('polygenelubricants', 50), 0);
  assert.equal(partitionFor('group', 50), 47);
});

test('without __consumer_offsets nobody coordinates, and the first ensureReady creates it', async () => {
  const storage = { catalog: new MemoryCatalog(), engine: new MemoryEngine(), clock: new ManualClock() };
  const { coordinator, apis, metadata } = await GroupWorld.start(storage);
  assert.equal(metadata.topic(CONSUMER_OFFSETS_TOPIC), undefined);
  const request = { groupId: 'group', generationId: 1, memberId: 'a', groupInstanceId: null };
  assert.equal(apis.heartbeat(request), ErrorCode.NOT_COORDINATOR);
  assert.deepEqual(await apis.listGroups(), []);
  await coordinator.ensureReady('group');
  assert.equal(metadata.topic(CONSUMER_OFFSETS_TOPIC)?.partitions.length, 4);
  assert.equal(apis.heartbeat(request), ErrorCode.UNKNOWN_MEMBER_ID);
});

test('while a partition is loading its groups are told so, and heartbeats are let pass', async () => {
  const world = await GroupWorld.open();
  const { memberId } = await world.stable();
  await world.coordinator.close();
  world.engine.asyncReads = true;
  const restarted = await GroupWorld.start(world.storage, { 'offsets.topic.num.partitions': '4' });
  assert.equal(restarted.heartbeat(memberId, 1), ErrorCode.NONE);
  assert.equal(restarted.heartbeat('nobody', 7), ErrorCode.NONE);
  const loading = { code: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS };
  const refused = [
    restarted.commit({ 0: 1 }),
    restarted.committed(),
    restarted.leave({ memberId }),
    restarted.apis.describeGroup('group'),
  ].map((answer) => assert.rejects(answer, loading));
  const joined = restarted.join();
  const synced = restarted.sync(memberId, 1);
  await Promise.all(refused);
  await restarted.coordinator.whenLoaded();
  assert.equal(joined.value.errorCode, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  assert.equal(synced.value.errorCode, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  assert.equal(restarted.heartbeat(memberId, 1), ErrorCode.NONE);
  assert.equal(restarted.heartbeat('nobody', 1), ErrorCode.UNKNOWN_MEMBER_ID);
});

test('a restart finds groups, members, assignments and offsets as they were', async () => {
  const world = await GroupWorld.open();
  const { memberId } = await world.stable();
  await world.commit({ 0: 5, 3: 9 }, { memberId, generationIdOrMemberEpoch: 1 });
  await world.commit({ 1: 2 }, { groupId: 'plain' });
  const describe = ({ apis }: GroupWorld): Promise<unknown> =>
    Promise.all(['group', 'plain'].map((groupId) => apis.describeGroup(groupId)));
  const before = await describe(world);
  const restarted = await world.restart();
  assert.deepEqual(await describe(restarted), before);
  assert.deepEqual(await restarted.committed(), { 0: 5, 3: 9 });
  assert.deepEqual(await restarted.committed('plain'), { 1: 2 });
  const synced = restarted.sync(memberId, 1);
  await settle();
  assert.deepEqual(synced.value.assignment, Buffer.from(`of ${memberId}`));
  await restarted.pass(10_000);
  assert.equal(await restarted.state(), 'Empty');
});

test('a group that is larger than allowed after a restart rebalances down to the limit', async () => {
  const world = await GroupWorld.open();
  const first = await world.stable();
  const second = await world.joinTwice();
  world.join({ memberId: first.memberId });
  await settle();
  await world.sync(first.memberId, 2).promise;
  const restarted = await world.restart({ 'group.max.size': '1' });
  assert.equal(await restarted.state(), 'PreparingRebalance');
  const a = restarted.join({ memberId: first.memberId });
  const b = restarted.join({ memberId: second.memberId });
  await settle();
  assert.equal(b.value.errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
  await restarted.pass(60_000);
  assert.equal(a.value.generationId, 3);
});

test('what is not stored in time is refused, and counts when it is stored after all', async () => {
  const world = await GroupWorld.open({ ...ONE_PARTITION, 'offsets.commit.timeout.ms': '2000' });
  world.engine.autoCommit = false;
  const first = world.commit({ 0: 1 });
  await world.pass(1500);
  const second = world.commit({ 1: 2 });
  const fetched = world.committed();
  const late = { code: ErrorCode.COORDINATOR_NOT_AVAILABLE };
  const refused = assert.rejects(first, late);
  await world.pass(500);
  await refused;
  await world.pass(1499);
  world.engine.commit();
  await settle();
  assert.equal((await second).topics?.[0]?.partitions?.[0]?.errorCode, 0);
  assert.deepEqual(await fetched, { 0: 1, 1: 2 });
  const third = world.commit({ 2: 3 });
  const alsoRefused = assert.rejects(third, late);
  await world.pass(2000);
  await alsoRefused;
  world.engine.fail();
  assert.deepEqual(await world.committed(), { 0: 1, 1: 2 });
});

test('who asks is refused only when all that the query has seen is committed', async () => {
  const world = await GroupWorld.open(ONE_PARTITION);
  await world.commit({ 0: 1 });
  const ask = (): Promise<number> =>
    world.coordinator.read('group', ({ groups }) => {
      if (!groups.has('group')) throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND);
      return ErrorCode.NONE;
    });
  world.engine.autoCommit = false;
  const deleted = world.apis.deleteGroup('group');
  const asked = assert.rejects(ask(), { code: ErrorCode.NOT_COORDINATOR });
  await settle();
  world.engine.fail();
  await asked;
  assert.notEqual(await deleted, ErrorCode.NONE);
  assert.equal(await ask(), ErrorCode.NONE);
  world.engine.autoCommit = true;
  assert.equal(await world.apis.deleteGroup('group'), ErrorCode.NONE);
  await assert.rejects(ask(), { code: ErrorCode.GROUP_ID_NOT_FOUND });
});

test('assignments that are not stored in time make the group rebalance', async () => {
  const world = await GroupWorld.open();
  const { memberId } = await world.stable();
  world.join({ memberId });
  await settle();
  world.engine.autoCommit = false;
  const synced = world.sync(memberId, 2, { [memberId]: 'all' });
  await world.pass(5000);
  assert.equal(synced.value.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  world.engine.commit();
  world.engine.autoCommit = true;
  await settle();
  assert.equal(world.heartbeat(memberId, 2), ErrorCode.REBALANCE_IN_PROGRESS);
  const again = world.join({ memberId });
  await settle();
  assert.equal(again.value.generationId, 3);
});

test('a log is rewritten however long that takes', async () => {
  const world = await GroupWorld.open(ONE_PARTITION);
  await world.commit({ 0: 1 });
  world.engine.autoCommit = false;
  await world.pass(REWRITE_AGE_MS);
  await world.pass(60_000);
  world.engine.commit();
  world.engine.autoCommit = true;
  await settle();
  const log = world.partitions.get(CONSUMER_OFFSETS_TOPIC, 0);
  assert.ok((log?.logStartOffset ?? 0) > 0);
  assert.deepEqual(await world.committed(), { 0: 1 });
});

test('many offsets with much metadata are committed, and written anew, in batches that the log takes', async () => {
  const world = await GroupWorld.open({ ...ONE_PARTITION, 'offset.metadata.max.bytes': '20000' });
  const committedMetadata = 'x'.repeat(20_000);
  const partitions = Array.from({ length: 200 }, (_, partitionIndex) => {
    return { partitionIndex, committedOffset: partitionIndex, committedLeaderEpoch: -1, committedMetadata };
  });
  const caller = { clientId: 'client', clientHost: '/127.0.0.1', apiVersion: 9 };
  const member = { generationIdOrMemberEpoch: -1, memberId: '', groupInstanceId: null, retentionTimeMs: -1 };
  const topics = [{ name: 'orders', topicId: world.metadata.topic('orders')?.id ?? '', partitions }];
  const { topics: answered } = await world.apis.offsetCommit(caller, { groupId: 'group', ...member, topics });
  assert.deepEqual(new Set(answered?.[0]?.partitions?.map(({ errorCode }) => errorCode)), new Set([0]));
  const log = world.partitions.get(CONSUMER_OFFSETS_TOPIC, 0);
  const endOffset = log?.logEndOffset ?? 0;
  await world.pass(REWRITE_AGE_MS);
  assert.equal(log?.logStartOffset, endOffset);
  const restarted = await world.restart();
  assert.equal(Object.keys(await restarted.committed()).length, 200);
});

test('groups whose records cannot be read are not served, and the others are', async () => {
  const world = await GroupWorld.open();
  await world.commit({ 0: 1 });
  await world.commit({ 0: 2 }, { groupId: 'other' });
  const broken = world.partitions.get(CONSUMER_OFFSETS_TOPIC, partitionFor('group', 4))?.stream;
  assert.notEqual(partitionFor('group', 4), partitionFor('other', 4));
  const read = world.engine.read.bind(world.engine);
  world.engine.read = (options) => {
    if (options.stream === broken) throw new StorageError('IO', 'unreadable');
    return read(options);
  };
  const restarted = await world.restart();
  await assert.rejects(restarted.committed(), { code: ErrorCode.NOT_COORDINATOR });
  assert.deepEqual(await restarted.committed('other'), { 0: 2 });
});

test('records that nobody can read are skipped', async () => {
  const world = await GroupWorld.open(ONE_PARTITION);
  await world.commit({ 0: 1 });
  const log = world.partitions.get(CONSUMER_OFFSETS_TOPIC, 0);
  const { plainSlice } = await import('../../src/base/counted.ts');
  const { buildBatch } = await import('../../protocol/records/build.ts');
  const foreign = [
    { key: Buffer.from([0, 3, 0, 1]), value: Buffer.from([0, 0]), timestampMs: 1 },
    { key: Buffer.from([0, 1, 0, 90]), value: Buffer.from([0, 0]), timestampMs: 1 },
    { key: Buffer.from([0, 2, 0, 1, 65]), value: Buffer.from([0, 99]), timestampMs: 1 },
    { key: Buffer.alloc(0), value: null, timestampMs: 1 },
  ];
  log?.append(plainSlice(buildBatch(foreign)), { origin: 'coordinator', produceVersion: 13 });
  await settle();
  await world.commit({ 1: 2 });
  const restarted = await world.restart();
  assert.deepEqual(await restarted.committed(), { 0: 1, 1: 2 });
});

test('a log of dead records is written anew and cut off, whatever its groups are doing', async () => {
  const world = await GroupWorld.open(ONE_PARTITION);
  const { memberId } = await world.stable();
  await world.commit({ 2: 1 }, { groupId: 'plain' });
  const log = world.partitions.get(CONSUMER_OFFSETS_TOPIC, 0);
  assert.ok(log !== undefined);
  for (let i = 0; i < 9000; i++) {
    await world.commit({ 0: i, 1: i }, { memberId, generationIdOrMemberEpoch: 1 });
    if (i % 100 === 0) world.heartbeat(memberId, 1);
  }
  await settle();
  assert.ok(log.logStartOffset > 0);
  assert.ok(log.sizeBytes < 1_100_000, `${log.sizeBytes} bytes are left`);
  const other = await world.joinTwice();
  assert.equal(await world.state(), 'PreparingRebalance');
  const before = log.logStartOffset;
  await world.pass(3_600_000 - 50_000);
  await world.commit({ 3: 3 }, { groupId: 'plain' });
  await world.pass(200_000);
  assert.ok(log.logStartOffset > before, 'an old log was not written anew');
  assert.ok(log.sizeBytes < 5000);
  assert.ok(other.joined.isDone);
  const restarted = await world.restart();
  assert.deepEqual(await restarted.committed(), { 0: 8999, 1: 8999 });
  assert.deepEqual(await restarted.committed('plain'), { 2: 1, 3: 3 });
});

test('a group that rebalances while its log is written anew is found as it was before', async () => {
  const world = await GroupWorld.open(ONE_PARTITION);
  const { memberId } = await world.stable({ sessionTimeoutMs: 1_800_000, rebalanceTimeoutMs: 1_800_000 });
  await world.pass(1_700_000);
  world.heartbeat(memberId, 1);
  await world.pass(1_700_000);
  world.join({ memberId: '', apiVersion: 3, rebalanceTimeoutMs: 1_800_000 });
  await settle();
  assert.equal(world.heartbeat(memberId, 1), ErrorCode.REBALANCE_IN_PROGRESS);
  const log = world.partitions.get(CONSUMER_OFFSETS_TOPIC, 0);
  await world.pass(250_000);
  assert.ok((log?.logStartOffset ?? 0) > 0);
  const restarted = await world.restart();
  assert.equal(await restarted.state(), 'Stable');
  assert.deepEqual(await restarted.members(), [memberId]);
});

test('a small log moves out of the way when the journal holds much that is dead, and not again for nothing', async () => {
  const world = await GroupWorld.open(ONE_PARTITION);
  await world.commit({ 0: 1 });
  const log = world.partitions.get(CONSUMER_OFFSETS_TOPIC, 0);
  world.engine.usage = { writtenBytes: PINNED_BYTES, deadBytes: PINNED_BYTES - 1 };
  await world.pass(60_000);
  assert.equal(log?.logStartOffset, 0);
  world.engine.usage = { writtenBytes: PINNED_BYTES, deadBytes: PINNED_BYTES };
  await world.pass(60_000);
  const start = log?.logStartOffset ?? 0;
  assert.ok(start > 0);
  await world.pass(600_000);
  assert.equal(log?.logStartOffset, start);
  assert.deepEqual(await (await world.restart()).committed(), { 0: 1 });
});

test('a rewrite that fails leaves the old records in place', async () => {
  const world = await GroupWorld.open(ONE_PARTITION);
  await world.commit({ 0: 1 });
  world.engine.autoCommit = false;
  await world.pass(3_660_000);
  world.engine.fail();
  await settle();
  world.engine.autoCommit = true;
  const log = world.partitions.get(CONSUMER_OFFSETS_TOPIC, 0);
  assert.equal(log?.logStartOffset, 0);
  assert.deepEqual(await (await world.restart()).committed(), { 0: 1 });
});

test('groups are not served any more when __consumer_offsets is deleted', async () => {
  const world = await GroupWorld.open();
  await world.stable();
  const other = await world.joinTwice();
  await world.metadata.deleteTopic(CONSUMER_OFFSETS_TOPIC);
  await settle();
  assert.equal(other.joined.value.errorCode, ErrorCode.NOT_COORDINATOR);
  await assert.rejects(world.committed(), { code: ErrorCode.NOT_COORDINATOR });
  await world.coordinator.ensureReady('group');
  assert.deepEqual(await world.committed(), {});
});
