/** Offsets of consumer groups: who may commit, fetch and delete them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import { ConsumerWorld, EAGER } from '../../../support/consumer-world.ts';

type Commit = NonNullable<Parameters<ConsumerWorld['commit']>[1]>;

async function codeOf(promise: Promise<unknown>): Promise<number> {
  try {
    await promise;
    return ErrorCode.NONE;
  } catch (error) {
    assert.ok(error instanceof KafkaError, String(error));
    return error.code;
  }
}

function commit(world: ConsumerWorld, partitions: readonly number[], options: Commit): Promise<number> {
  return codeOf(world.commit(Object.fromEntries(partitions.map((partition) => [partition, 5])), options));
}

function fetch(world: ConsumerWorld, memberId: string | null, memberEpoch: number): Promise<number> {
  return codeOf(world.apis.offsetFetch({ groupId: 'group', memberId, memberEpoch, topics: null }));
}

test('a member commits with its epoch, from version 9 on', async () => {
  const world = await ConsumerWorld.open();
  await world.joinConsumer('a');
  const a = { memberId: 'a' };
  assert.equal(await commit(world, [0], { ...a, generationIdOrMemberEpoch: 2 }), ErrorCode.NONE);
  assert.equal(await commit(world, [0], { ...a, generationIdOrMemberEpoch: 3 }), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(await commit(world, [0], { ...a, generationIdOrMemberEpoch: -1 }), ErrorCode.STALE_MEMBER_EPOCH);
  const old = { ...a, apiVersion: 8 };
  assert.equal(await commit(world, [0], { ...old, generationIdOrMemberEpoch: 2 }), ErrorCode.UNSUPPORTED_VERSION);
  assert.equal(await commit(world, [0], { ...old, generationIdOrMemberEpoch: 9 }), ErrorCode.UNSUPPORTED_VERSION);
  const nobody = { memberId: 'b', generationIdOrMemberEpoch: 2 };
  for (const apiVersion of [8, 9]) {
    assert.equal(await commit(world, [0], { ...nobody, apiVersion }), ErrorCode.UNKNOWN_MEMBER_ID);
  }
});

test('only a group without members takes commits of nobody', async () => {
  const world = await ConsumerWorld.open();
  await world.joinConsumer('a');
  assert.equal(await commit(world, [0], {}), ErrorCode.UNKNOWN_MEMBER_ID);
  await world.beat('a', { memberEpoch: -1 });
  for (const apiVersion of [8, 9]) assert.equal(await commit(world, [0], { apiVersion }), ErrorCode.NONE);
});

test('an older epoch is good for partitions that the member has had since', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a');
  await world.joinConsumer('b');
  await world.beat('a', { memberEpoch: 2, owned: { orders: [0, 1, 2, 3] } });
  await world.beat('a', { memberEpoch: 2, owned: { orders: [0, 1] } });
  await world.beat('b', { memberEpoch: 3 });
  const a = { memberId: 'a' };
  assert.equal(await commit(world, [0, 1], { ...a, generationIdOrMemberEpoch: 2 }), ErrorCode.NONE);
  assert.equal(await commit(world, [0, 1], { ...a, generationIdOrMemberEpoch: 1 }), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(await commit(world, [0, 2], { ...a, generationIdOrMemberEpoch: 2 }), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(await commit(world, [2], { ...a, generationIdOrMemberEpoch: 3 }), ErrorCode.NONE);
  await world.beat('b', { memberEpoch: -1 });
  await world.beat('a', { memberEpoch: 3, owned: { orders: [0, 1] } });
  assert.equal(await commit(world, [0], { ...a, generationIdOrMemberEpoch: 2 }), ErrorCode.NONE);
  assert.equal(await commit(world, [2], { ...a, generationIdOrMemberEpoch: 3 }), ErrorCode.STALE_MEMBER_EPOCH);
});

test('partitions with too much metadata are refused on their own, whatever the epoch is good for', async () => {
  const world = await ConsumerWorld.open({ ...EAGER, 'offset.metadata.max.bytes': '5' });
  await world.joinConsumer('a');
  await world.joinConsumer('b');
  await world.beat('a', { memberEpoch: 2, owned: { orders: [0, 1, 2, 3] } });
  await world.beat('a', { memberEpoch: 2, owned: { orders: [0, 1] } });
  const topicId = world.metadata.topic('orders')?.id ?? '';
  const codes = async (metadata: Readonly<Record<number, string>>): Promise<unknown> => {
    const partitions = Object.entries(metadata).map(([index, committedMetadata]) => ({
      partitionIndex: Number(index),
      committedOffset: 5,
      committedLeaderEpoch: -1,
      committedMetadata,
    }));
    const topics = [{ name: 'orders', topicId, partitions }];
    const answer = await world.commit({}, { memberId: 'a', generationIdOrMemberEpoch: 2, topics });
    return answer.topics?.[0]?.partitions?.map(({ errorCode }) => errorCode);
  };
  const { NONE, OFFSET_METADATA_TOO_LARGE, STALE_MEMBER_EPOCH } = ErrorCode;
  assert.deepEqual(await codes({ 0: '', 2: 'too much' }), [NONE, OFFSET_METADATA_TOO_LARGE]);
  assert.deepEqual(await codes({ 2: 'too much' }), [OFFSET_METADATA_TOO_LARGE]);
  assert.equal(await codeOf(codes({ 2: '', 3: 'too much' })), STALE_MEMBER_EPOCH);
});

test('partitions that a member still has to give back are its own', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a');
  await world.joinConsumer('b');
  await world.beat('a', { memberEpoch: 2, owned: { orders: [0, 1, 2, 3] } });
  assert.equal(await commit(world, [2, 3], { memberId: 'a', generationIdOrMemberEpoch: 2 }), ErrorCode.NONE);
});

test('offsets are fetched with the epoch there is, or by nobody', async () => {
  const world = await ConsumerWorld.open();
  await world.joinConsumer('a');
  assert.equal(await fetch(world, 'a', 2), ErrorCode.NONE);
  assert.equal(await fetch(world, 'a', 1), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(await fetch(world, 'a', 3), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(await fetch(world, 'b', 2), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await fetch(world, '', -1), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await fetch(world, null, -1), ErrorCode.NONE);
  assert.equal(await fetch(world, null, 0), ErrorCode.UNKNOWN_SERVER_ERROR);
});

test('offsets of a topic that is subscribed to, by name or expression, are not deleted', async () => {
  const world = await ConsumerWorld.open();
  await world.createTopic('returns');
  await world.commit({ 0: 1 });
  await world.commit({ 0: 1 }, { topic: 'returns' });
  await world.joinConsumer('a', { subscribedTopicNames: [], subscribedTopicRegex: 'o.*' });
  await world.turn();
  const partitions = [{ partitionIndex: 0 }];
  const topics = ['orders', 'returns'].map((name) => ({ name, partitions }));
  const response = await world.apis.offsetDelete({ groupId: 'group', topics });
  assert.deepEqual(
    response.topics?.map((topic) => topic.partitions?.[0]?.errorCode),
    [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC, ErrorCode.NONE],
  );
});

test('only a group without members is deleted, and its offsets go with it', async () => {
  const world = await ConsumerWorld.open();
  await world.joinConsumer('a');
  await world.commit({ 0: 1 }, { memberId: 'a', generationIdOrMemberEpoch: 2 });
  assert.equal(await world.apis.deleteGroup('group'), ErrorCode.NON_EMPTY_GROUP);
  await world.beat('a', { memberEpoch: -1 });
  assert.equal(await world.apis.deleteGroup('group'), ErrorCode.NONE);
  assert.deepEqual(await world.committed(), {});
  const again = await world.restart();
  assert.deepEqual(await again.apis.listGroups(), []);
});

test('an empty group expires with the last of its offsets', async () => {
  const world = await ConsumerWorld.open({ 'offsets.retention.minutes': '1' });
  await world.joinConsumer('a');
  await world.commit({ 0: 1 }, { memberId: 'a', generationIdOrMemberEpoch: 2 });
  await world.beat('a', { memberEpoch: -1 });
  await world.pass(600_000);
  assert.deepEqual(await world.apis.listGroups(), []);
});
