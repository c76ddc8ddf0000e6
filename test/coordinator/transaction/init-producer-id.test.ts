/** Who gets which producer id and epoch from InitProducerId. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../protocol/errors.ts';
import { codeOf, TIMEOUT_MS, TransactionWorld } from '../../support/transactions.ts';
import { settle } from '../../support/groups.ts';

const MAX_USED = 32_766;

test('a new id gets epoch 0, and every further producer of it the next epoch', async () => {
  const world = await TransactionWorld.open();
  const first = await world.init();
  assert.equal(first.producerEpoch, 0);
  assert.deepEqual(await world.init(), { ...first, producerEpoch: 1 });
  assert.deepEqual(await world.init(), { ...first, producerEpoch: 2 });
  const other = await world.init(null, 'other');
  assert.notEqual(other.producerId, first.producerId);
});

test('a producer that tells its id and epoch goes on, and its retry gets the same answer', async () => {
  const world = await TransactionWorld.open();
  const first = await world.init();
  const second = await world.init(first);
  assert.deepEqual(second, { ...first, producerEpoch: 1 });
  assert.deepEqual(await world.init(first), second);
  assert.deepEqual(await world.init(first), second);
  const third = await world.init(second);
  assert.equal(third.producerEpoch, 2);
  for (const wrong of [first, { ...first, producerEpoch: 3 }, { producerId: 999n, producerEpoch: 2 }]) {
    assert.equal(await codeOf(world.init(wrong)), ErrorCode.PRODUCER_FENCED);
  }
  // A producer that came with nothing makes the retry of the one before it a fenced one.
  assert.equal((await world.init()).producerEpoch, 3);
  assert.equal(await codeOf(world.init(second)), ErrorCode.PRODUCER_FENCED);
});

test('an unknown id takes any producer for a new one', async () => {
  const world = await TransactionWorld.open();
  const given = await world.init({ producerId: 999n, producerEpoch: 5 });
  assert.equal(given.producerEpoch, 0);
  assert.notEqual(given.producerId, 999n);
});

test('timeouts have to be positive and within transaction.max.timeout.ms', async () => {
  const world = await TransactionWorld.open({ settings: { 'transaction.max.timeout.ms': '70000' } });
  for (const wrong of [0, -1, 70_001]) {
    assert.equal(await codeOf(world.init(null, 'id', wrong)), ErrorCode.INVALID_TRANSACTION_TIMEOUT);
  }
  await world.init(null, 'id', 70_000);
  assert.equal(world.describe().transactionTimeoutMs, 70_000);
});

for (const [level, name] of [
  [1, 'at transaction.version 1'],
  [2, 'at transaction.version 2'],
] as const) {
  test(`an open transaction is aborted for a new producer, which gets the epoch after the fencing one (${name})`, async () => {
    const world = await TransactionWorld.open({ level });
    const first = await world.init();
    await world.add(first, [0, 1]);
    world.markers.isHeld = true;
    assert.equal((await world.init()).producerEpoch, -1);
    assert.equal(world.stored()?.state, 'PrepareAbort');
    assert.equal(await codeOf(world.init()), ErrorCode.CONCURRENT_TRANSACTIONS);
    world.markers.release();
    await settle();
    assert.equal(world.stored()?.state, 'CompleteAbort');
    const [marker] = world.markers.written;
    assert.equal(marker?.producerEpoch, 1);
    assert.equal(marker?.outcome, 'abort');
    assert.equal(marker?.transactionVersion, level === 2 ? 2 : 0);
    assert.deepEqual(await world.init(), { ...first, producerEpoch: 2 });
    assert.equal(await codeOf(world.add(first, [0])), ErrorCode.PRODUCER_FENCED);
  });
}

test('a producer that aborts its own open transaction so goes on with the epoch of the abort', async () => {
  const world = await TransactionWorld.open();
  const first = await world.init();
  await world.add(first, [0]);
  assert.equal((await world.init(first)).producerEpoch, -1);
  await settle();
  const next = { ...first, producerEpoch: 1 };
  assert.deepEqual(await world.init(first), next);
  assert.deepEqual(await world.init(first), next);
});

test('at transaction.version 1 it is fenced instead', async () => {
  const world = await TransactionWorld.open({ level: 1 });
  const first = await world.init();
  await world.add(first, [0], 0);
  assert.equal((await world.init(first)).producerEpoch, -1);
  await settle();
  assert.equal(await codeOf(world.init(first)), ErrorCode.PRODUCER_FENCED);
});

test('when the epochs are used up the id goes on with a new producer id', async () => {
  const world = await TransactionWorld.open();
  const last = await world.setEpoch(MAX_USED);
  const next = await world.init();
  assert.notEqual(next.producerId, last.producerId);
  assert.equal(next.producerEpoch, 0);
});

test('the retry of the request that used up the epochs gets the same new producer id', async () => {
  const world = await TransactionWorld.open();
  const beforeLast = await world.setEpoch(MAX_USED - 1);
  const last = await world.init(beforeLast);
  assert.equal(last.producerEpoch, MAX_USED);
  assert.deepEqual(await world.init(beforeLast), last);
  const next = await world.init(last);
  assert.equal(next.producerEpoch, 0);
  assert.deepEqual(await world.init(last), next);
  assert.equal(await codeOf(world.init(beforeLast)), ErrorCode.PRODUCER_FENCED);
});

test('a transaction of the last epoch is fenced with the one epoch that nobody gets, and the id goes on with a new one', async () => {
  for (const comesBack of [false, true]) {
    const world = await TransactionWorld.open();
    const last = await world.setEpoch(MAX_USED);
    await world.add(last, [0]);
    assert.equal((await world.init(comesBack ? last : null)).producerEpoch, -1);
    await settle();
    assert.equal(world.markers.written[0]?.producerEpoch, 32_767);
    const next = await world.init(comesBack ? last : null);
    assert.equal(next.producerEpoch, comesBack ? 0 : 1);
    assert.notEqual(next.producerId, last.producerId);
  }
});

test('at transaction.version 1 a new producer id comes with the next InitProducerId', async () => {
  const world = await TransactionWorld.open({ level: 1 });
  const last = await world.setEpoch(MAX_USED);
  await world.add(last, [0], 0);
  await world.init();
  await settle();
  assert.deepEqual([world.stored()?.producerId, world.stored()?.producerEpoch], [last.producerId, 32_767]);
  const next = await world.init();
  assert.equal(next.producerEpoch, 0);
  assert.notEqual(next.producerId, last.producerId);
});

test('a restart knows the epoch, and answers no retry of what came before it', async () => {
  const world = await TransactionWorld.open();
  const first = await world.init();
  const second = await world.init(first);
  const restarted = await world.restart();
  assert.equal(await codeOf(restarted.init(first)), ErrorCode.PRODUCER_FENCED);
  assert.deepEqual(await restarted.init(second), { ...first, producerEpoch: 2 });
  assert.equal(restarted.describe().transactionTimeoutMs, TIMEOUT_MS);
});
