/** Static members of consumer groups (KIP-345): an instance keeps its place while it is away for a short time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../../protocol/errors.ts';
import { ConsumerWorld, EAGER, JOIN } from '../../../support/consumer-world.ts';

const ALL = { orders: [0, 1, 2, 3] };
const STATIC = { instanceId: 'i' };

test('an instance that is in use is not given away, not even to the same member', async () => {
  const world = await ConsumerWorld.open();
  await world.joinConsumer('a', STATIC);
  assert.equal((await world.beat('b', { ...JOIN, ...STATIC })).errorCode, ErrorCode.UNRELEASED_INSTANCE_ID);
  assert.equal((await world.beat('a', { ...JOIN, ...STATIC })).errorCode, ErrorCode.UNRELEASED_INSTANCE_ID);
});

test('an instance that left for a while comes back to what it had, under another member id', async () => {
  const world = await ConsumerWorld.open();
  await world.joinConsumer('a', STATIC);
  const left = await world.beat('a', { ...STATIC, memberEpoch: -2 });
  assert.deepEqual([left.errorCode, left.memberEpoch], [0, -2]);
  assert.equal(await world.consumerState(), 'Reconciling');
  assert.deepEqual(await world.held(), { a: ALL });
  const back = await world.joinConsumer('b', STATIC);
  assert.deepEqual([back.memberEpoch, back.assignment], [2, ALL]);
  assert.deepEqual(await world.held(), { b: ALL });
  assert.equal((await world.describe()).groupEpoch, 2);
});

test('the member that was replaced is fenced', async () => {
  const world = await ConsumerWorld.open();
  await world.joinConsumer('a', STATIC);
  await world.beat('a', { ...STATIC, memberEpoch: -2 });
  assert.equal((await world.beat('a', { ...STATIC, memberEpoch: 2 })).errorCode, ErrorCode.FENCED_MEMBER_EPOCH);
  await world.joinConsumer('b', STATIC);
  assert.equal((await world.beat('a', { ...STATIC, memberEpoch: 2 })).errorCode, ErrorCode.FENCED_INSTANCE_ID);
  assert.equal((await world.beat('a', { ...STATIC, memberEpoch: -1 })).errorCode, ErrorCode.FENCED_INSTANCE_ID);
  assert.equal((await world.beat('b', { memberEpoch: 2 })).errorCode, 0);
  const stranger = await world.beat('b', { instanceId: 'other', memberEpoch: 2 });
  assert.equal(stranger.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
});

test('an instance that leaves for good is gone', async () => {
  const world = await ConsumerWorld.open();
  await world.joinConsumer('a', STATIC);
  assert.equal((await world.beat('a', { ...STATIC, memberEpoch: -1 })).errorCode, 0);
  assert.equal(await world.consumerState(), 'Empty');
});

test('an instance that does not come back in time is gone', async () => {
  const world = await ConsumerWorld.open();
  await world.joinConsumer('a', STATIC);
  await world.beat('a', { ...STATIC, memberEpoch: -2 });
  await world.pass(44_999);
  assert.equal(await world.consumerState(), 'Reconciling');
  await world.pass(1);
  assert.equal(await world.consumerState(), 'Empty');
});

test('an instance that was asked to give something back does so by coming back with nothing', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a', STATIC);
  await world.joinConsumer('b');
  await world.beat('a', { ...STATIC, memberEpoch: 2, owned: ALL });
  await world.beat('a', { ...STATIC, memberEpoch: -2 });
  const back = await world.joinConsumer('c', STATIC);
  assert.deepEqual([back.memberEpoch, back.assignment], [3, { orders: [0, 1] }]);
  assert.deepEqual((await world.beat('b', { memberEpoch: 3 })).assignment, { orders: [2, 3] });
});

test('the place of an instance is also found after a restart', async () => {
  const world = await ConsumerWorld.open();
  await world.joinConsumer('a', STATIC);
  await world.beat('a', { ...STATIC, memberEpoch: -2 });
  const again = await world.restart();
  const back = await again.joinConsumer('b', STATIC);
  assert.deepEqual([back.memberEpoch, back.assignment], [2, ALL]);
});
