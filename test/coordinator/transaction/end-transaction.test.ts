/** How transactions end: EndTxn of both kinds in every state, markers, and what a restart does with them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../protocol/errors.ts';
import type { ProducerIdAndEpoch } from '../../../src/coordinator/transaction/init-producer-id.ts';
import { settle } from '../../support/groups.ts';
import { codeOf, part, TransactionWorld } from '../../support/transactions.ts';

const { INVALID_TXN_STATE, PRODUCER_FENCED, INVALID_PRODUCER_ID_MAPPING, CONCURRENT_TRANSACTIONS } = ErrorCode;

/** A world with an open transaction on partitions 0 and 1. */
async function ongoing(level = 2): Promise<{ world: TransactionWorld; producer: ProducerIdAndEpoch }> {
  const world = await TransactionWorld.open({ level });
  const producer = await world.init();
  await world.add(producer, [0, 1]);
  return { world, producer };
}

const after = (producer: ProducerIdAndEpoch, epochs = 1): ProducerIdAndEpoch => ({
  ...producer,
  producerEpoch: producer.producerEpoch + epochs,
});

test('the answer comes when the decision is stored, and the markers of all partitions follow', async () => {
  for (const [outcome, state] of [
    ['commit', 'Commit'],
    ['abort', 'Abort'],
  ] as const) {
    const { world, producer } = await ongoing();
    world.markers.isHeld = true;
    assert.deepEqual(await world.end(producer, outcome), after(producer));
    await settle();
    assert.equal(world.describe().transactionState, `Prepare${state}`);
    assert.deepEqual(world.markers.written, []);
    world.markers.release();
    await settle();
    assert.equal(world.describe().transactionState, `Complete${state}`);
    const { leaderEpoch } = world.coordinator.runnerFor('id').log;
    const marker = { ...after(producer), outcome, coordinatorEpoch: leaderEpoch, transactionVersion: 2 };
    assert.deepEqual(world.markers.written, [{ ...marker, partitions: [part(0), part(1)] }]);
    assert.deepEqual(world.describe().topics, []);
  }
});

test('the markers wait until the decision is committed', async () => {
  const { world, producer } = await ongoing();
  world.engine.autoCommit = false;
  const ended = world.end(producer, 'commit');
  await settle();
  assert.deepEqual(world.markers.written, []);
  world.engine.commit();
  await ended;
  await settle();
  assert.equal(world.markers.written.length, 1);
  assert.equal(world.describe().transactionState, 'CompleteCommit');
});

test('a decision that is lost was never made', async () => {
  const { world, producer } = await ongoing();
  world.engine.autoCommit = false;
  const ended = codeOf(world.end(producer, 'commit'));
  await settle();
  world.engine.fail();
  assert.equal(await ended, ErrorCode.NOT_COORDINATOR);
  world.engine.autoCommit = true;
  await settle();
  assert.equal(world.describe().transactionState, 'Ongoing');
  assert.deepEqual(world.markers.written, []);
  await world.end(producer, 'abort');
  await settle();
  assert.deepEqual(
    world.markers.written.map(({ outcome }) => outcome),
    ['abort'],
  );
});

test('up to v4 the epoch stays, and the same end may be asked for again', async () => {
  for (const outcome of ['commit', 'abort'] as const) {
    const other = outcome === 'commit' ? 'abort' : 'commit';
    const { world, producer } = await ongoing();
    world.markers.isHeld = true;
    assert.deepEqual(await world.end(producer, outcome, 0), producer);
    assert.equal(await codeOf(world.end(producer, outcome, 0)), CONCURRENT_TRANSACTIONS);
    assert.equal(await codeOf(world.end(producer, other, 0)), INVALID_TXN_STATE);
    world.markers.release();
    await settle();
    assert.equal(world.markers.written[0]?.producerEpoch, producer.producerEpoch);
    assert.equal(await codeOf(world.end(producer, outcome, 0)), 0);
    assert.equal(await codeOf(world.end(producer, other, 0)), INVALID_TXN_STATE);
    assert.equal(await codeOf(world.end(after(producer), outcome, 0)), PRODUCER_FENCED);
    assert.equal(await codeOf(world.end(after(producer, -1), outcome, 0)), PRODUCER_FENCED);
  }
});

test('up to v4 there is nothing to end in a new id', async () => {
  const world = await TransactionWorld.open();
  const producer = await world.init();
  assert.equal(await codeOf(world.end(producer, 'commit', 0)), INVALID_TXN_STATE);
  assert.equal(await codeOf(world.end(producer, 'abort', 0)), INVALID_TXN_STATE);
});

test('from v5 on a retry with the old epoch is answered as before, any number of times', async () => {
  for (const outcome of ['commit', 'abort'] as const) {
    const other = outcome === 'commit' ? 'abort' : 'commit';
    const { world, producer } = await ongoing();
    world.markers.isHeld = true;
    await world.end(producer, outcome);
    assert.equal(await codeOf(world.end(producer, outcome)), CONCURRENT_TRANSACTIONS);
    assert.equal(await codeOf(world.end(producer, other)), INVALID_TXN_STATE);
    assert.equal(await codeOf(world.end(after(producer), outcome)), PRODUCER_FENCED);
    world.markers.release();
    await settle();
    for (let i = 0; i < 3; i++) assert.deepEqual(await world.end(producer, outcome), after(producer));
    assert.equal(await codeOf(world.end(producer, other)), INVALID_TXN_STATE);
    assert.equal(world.markers.written.length, 1);
  }
});

test('from v5 on an abort without a transaction takes an epoch, and a commit is refused', async () => {
  const world = await TransactionWorld.open();
  const producer = await world.init();
  assert.equal(await codeOf(world.end(producer, 'commit')), INVALID_TXN_STATE);
  assert.equal(await codeOf(world.end(after(producer, -1), 'abort')), PRODUCER_FENCED);
  assert.deepEqual(await world.end(producer, 'abort'), after(producer));
  await settle();
  assert.equal(world.describe().transactionState, 'CompleteAbort');
  assert.notEqual(world.describe().transactionStartTimeMs, -1);
  assert.deepEqual(await world.end(after(producer), 'abort'), after(producer, 2));
  await settle();
  assert.equal(await codeOf(world.end(after(producer, 2), 'commit')), INVALID_TXN_STATE);
  assert.deepEqual(
    world.markers.written.flatMap(({ partitions }) => partitions),
    [],
  );
});

test('an EndTxn that comes late does nothing to the transaction after its own', async () => {
  const { world, producer } = await ongoing();
  await world.end(producer, 'commit');
  await settle();
  const next = after(producer);
  await world.add(next, [0]);
  assert.equal(await codeOf(world.end(producer, 'commit')), PRODUCER_FENCED);
  assert.equal(await codeOf(world.end(producer, 'abort')), PRODUCER_FENCED);
  assert.equal(await codeOf(world.add(producer, [1])), PRODUCER_FENCED);
  assert.equal(world.describe().transactionState, 'Ongoing');
  assert.deepEqual(world.describe().topics, [{ topic: 't', partitions: [0] }]);
});

test('at level 0 of transaction.version newer clients are told so', async () => {
  const world = await TransactionWorld.open({ level: 0 });
  const producer = await world.init();
  assert.equal(await codeOf(world.add(producer, [0])), ErrorCode.UNSUPPORTED_VERSION);
  await world.add(producer, [0], 0);
  assert.equal(await codeOf(world.end(producer, 'commit')), ErrorCode.UNSUPPORTED_VERSION);
  assert.deepEqual(await world.end(producer, 'commit', 0), producer);
});

test('strangers end nothing', async () => {
  const { world, producer } = await ongoing();
  for (const version of [0, 2] as const) {
    assert.equal(
      await codeOf(world.end({ ...producer, producerId: 999n }, 'commit', version)),
      INVALID_PRODUCER_ID_MAPPING,
    );
    assert.equal(await codeOf(world.end(producer, 'commit', version, 'unknown')), INVALID_PRODUCER_ID_MAPPING);
    assert.equal(await codeOf(world.end(after(producer), 'commit', version)), PRODUCER_FENCED);
    assert.equal(await codeOf(world.end(after(producer, -1), 'commit', version)), PRODUCER_FENCED);
  }
});

test('the end that uses up the epochs answers a new producer id, and so does its retry', async () => {
  const world = await TransactionWorld.open();
  const producer = await world.setEpoch(32_766);
  await world.add(producer, [0]);
  world.markers.isHeld = true;
  const next = await world.end(producer, 'commit');
  assert.equal(next.producerEpoch, 0);
  assert.notEqual(next.producerId, producer.producerId);
  assert.equal(await codeOf(world.end(producer, 'commit')), CONCURRENT_TRANSACTIONS);
  const restarted = await world.restart();
  await settle();
  assert.equal(restarted.markers.written[0]?.producerId, producer.producerId);
  assert.equal(restarted.markers.written[0]?.producerEpoch, 32_767);
  assert.deepEqual(await restarted.end(producer, 'commit'), next);
  const beyond = { ...producer, producerEpoch: 32_767 };
  assert.equal(await codeOf(restarted.end(beyond, 'commit')), INVALID_PRODUCER_ID_MAPPING);
  assert.equal(await codeOf(restarted.end(producer, 'abort')), INVALID_TXN_STATE);
  await restarted.add(next, [0]);
  assert.deepEqual(await restarted.end(next, 'commit'), after(next));
});

test('a start ends what it finds prepared', async () => {
  for (const outcome of ['commit', 'abort'] as const) {
    const { world, producer } = await ongoing();
    world.markers.isHeld = true;
    await world.end(producer, outcome);
    await settle();
    const restarted = await world.restart();
    await settle();
    assert.equal(restarted.describe().transactionState, outcome === 'commit' ? 'CompleteCommit' : 'CompleteAbort');
    assert.deepEqual(
      restarted.markers.written.map(({ partitions, ...marker }) => [marker.outcome, partitions.length]),
      [[outcome, 2]],
    );
    assert.deepEqual(await restarted.end(producer, outcome), after(producer));
    const again = await restarted.restart();
    await settle();
    assert.deepEqual(again.markers.written, []);
  }
});

test('a completion that cannot be stored is tried again', async () => {
  const { world, producer } = await ongoing();
  world.markers.isHeld = true;
  await world.end(producer, 'commit');
  await settle();
  world.engine.autoCommit = false;
  world.markers.release();
  await settle();
  world.engine.fail();
  world.engine.autoCommit = true;
  await settle();
  assert.equal(world.describe().transactionState, 'PrepareCommit');
  await world.pass(1000);
  assert.equal(world.describe().transactionState, 'CompleteCommit');
});

test('a completion that is lost after it took too long is made again', async () => {
  const { world, producer } = await ongoing();
  world.markers.isHeld = true;
  await world.end(producer, 'commit');
  await settle();
  world.engine.autoCommit = false;
  world.markers.release();
  await settle();
  await world.pass(60_000);
  world.engine.fail();
  world.engine.autoCommit = true;
  await settle();
  await world.pass(1000);
  assert.equal(world.describe().transactionState, 'CompleteCommit');
});

test('who waits for the end of a transaction is told when the next one may begin', async () => {
  const { world, producer } = await ongoing();
  let told = 0;
  const wait = (ms: number): Promise<void> => world.coordinator.whenEnded('id', ms).then(() => void told++);
  await wait(1000);
  assert.equal(told, 1);
  world.markers.isHeld = true;
  await world.end(producer, 'commit');
  void wait(100);
  void wait(10_000);
  await settle();
  assert.equal(told, 1);
  await world.pass(100);
  assert.equal(told, 2);
  world.markers.release();
  await settle();
  assert.equal(told, 3);
});
