/** Adding partitions, listing, and what time does to transactions and ids. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../protocol/errors.ts';
import { findPartitions } from '../../../src/coordinator/transaction/add-partitions.ts';
import { enlist } from '../../../src/coordinator/transaction/enlist.ts';
import { transactionFigures } from '../../../src/coordinator/transaction/figures.ts';
import { listTransactions, unknownStates } from '../../../src/coordinator/transaction/list.ts';
import { settle } from '../../support/groups.ts';
import { codeOf, part, TIMEOUT_MS, TransactionWorld } from '../../support/transactions.ts';

const { INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS, TRANSACTION_ABORTABLE } = ErrorCode;

test('the first partitions begin a transaction, and what is in it already writes no record', async () => {
  const world = await TransactionWorld.open();
  const producer = await world.init();
  assert.equal(world.describe().transactionStartTimeMs, -1);
  await world.add(producer, [0]);
  const startedMs = world.describe().transactionStartTimeMs;
  assert.equal(startedMs, world.clock.now());
  await world.pass(1000);
  await world.add(producer, [1, 0]);
  assert.deepEqual(world.describe().topics, [{ topic: 't', partitions: [0, 1] }]);
  assert.equal(world.describe().transactionStartTimeMs, startedMs);
  const { log } = world.coordinator.runnerFor('id');
  const endOffset = log.logEndOffset;
  await world.add(producer, [1]);
  assert.equal(log.logEndOffset, endOffset);
  assert.equal(world.stored()?.clientVersion, 2);
});

test('strangers, zombies and those whose transaction is ending add nothing', async () => {
  const world = await TransactionWorld.open();
  const zombie = await world.init();
  const producer = await world.init();
  assert.equal(await codeOf(world.add(zombie, [0])), PRODUCER_FENCED);
  assert.equal(await codeOf(world.add({ ...producer, producerEpoch: 5 }, [0])), PRODUCER_FENCED);
  assert.equal(await codeOf(world.add({ ...producer, producerId: 999n }, [0])), INVALID_PRODUCER_ID_MAPPING);
  assert.equal(await codeOf(world.add(producer, [0], 2, 'unknown')), INVALID_PRODUCER_ID_MAPPING);
  assert.equal(await codeOf(world.add(producer, [0], 2, '')), ErrorCode.INVALID_REQUEST);
  await world.add(producer, [0], 0);
  world.markers.isHeld = true;
  await world.end(producer, 'commit', 0);
  assert.equal(await codeOf(world.add(producer, [0], 0)), CONCURRENT_TRANSACTIONS);
  world.markers.release();
  await settle();
  await world.add(producer, [0], 0);
});

test('partitions are found in the open transaction of their producer only', async () => {
  const world = await TransactionWorld.open();
  const producer = await world.init();
  await world.add(producer, [0]);
  const { env } = world.coordinator.runnerFor('id').shard;
  const caller = { ...producer, transactionalId: 'id' };
  assert.deepEqual(findPartitions(env, caller, [part(0), part(1)]), [true, false]);
});

test('whoever writes is enlisted as its client version says, and may wait for the end of the transaction before', async () => {
  const world = await TransactionWorld.open();
  const caller = { ...(await world.init()), transactionalId: 'id' };
  const partitions = [part(0), part(1)];
  const codes = async (fields: {
    clientVersion: 0 | 2;
    waitMs?: number;
    epoch?: number;
  }): Promise<(number | null)[]> => {
    const { clientVersion, waitMs = 0, epoch = 0 } = fields;
    const enlistment = { caller: { ...caller, producerEpoch: epoch }, partitions, clientVersion, waitMs };
    return (await enlist(world.coordinator, enlistment)).map((error) => error?.code ?? null);
  };
  assert.deepEqual(await codes({ clientVersion: 0 }), [TRANSACTION_ABORTABLE, TRANSACTION_ABORTABLE]);
  await world.add(caller, [1], 0);
  assert.deepEqual(await codes({ clientVersion: 0 }), [TRANSACTION_ABORTABLE, null]);
  assert.deepEqual(await codes({ clientVersion: 2 }), [null, null]);
  assert.deepEqual(await codes({ clientVersion: 0, epoch: 1 }), [PRODUCER_FENCED, PRODUCER_FENCED]);
  world.markers.isHeld = true;
  await world.end(caller, 'commit');
  assert.deepEqual(await codes({ clientVersion: 2, epoch: 1 }), [CONCURRENT_TRANSACTIONS, CONCURRENT_TRANSACTIONS]);
  const late = codes({ clientVersion: 2, epoch: 1, waitMs: 100 });
  await settle();
  await world.pass(100);
  assert.deepEqual(await late, [CONCURRENT_TRANSACTIONS, CONCURRENT_TRANSACTIONS]);
  const waiting = codes({ clientVersion: 2, epoch: 1, waitMs: 100 });
  await settle();
  await world.pass(99);
  world.markers.release();
  assert.deepEqual(await waiting, [null, null]);
});

for (const level of [1, 2]) {
  test(`a transaction that takes too long is aborted with the next epoch (transaction.version ${level})`, async () => {
    const world = await TransactionWorld.open({ level });
    const producer = await world.init();
    await world.add(producer, [0]);
    await world.pass(TIMEOUT_MS);
    assert.equal(world.describe().transactionState, 'Ongoing');
    await world.pass(10_000);
    assert.equal(world.describe().transactionState, 'CompleteAbort');
    assert.equal(world.markers.written[0]?.producerEpoch, 1);
    for (const version of [0, 2] as const) {
      assert.equal(await codeOf(world.add(producer, [0], version)), PRODUCER_FENCED);
    }
    assert.equal(await codeOf(world.end(producer, 'commit', 0)), PRODUCER_FENCED);
    const recovered = world.init(producer);
    if (level === 1) assert.equal(await codeOf(recovered), PRODUCER_FENCED);
    else assert.deepEqual(await recovered, { ...producer, producerEpoch: 1 });
  });
}

test('nobody goes on with the epoch of an abort that used up the epochs', async () => {
  const world = await TransactionWorld.open();
  const last = await world.setEpoch(32_766);
  await world.add(last, [0]);
  const others = await world.init(null, 'other');
  await world.add(others, [0], 2, 'other');
  await world.pass(TIMEOUT_MS + 10_000);
  assert.equal(world.describe('other').transactionState, 'CompleteAbort');
  // A look finds no producer id at hand, and the next one does.
  await world.pass(10_000);
  assert.equal(world.describe().transactionState, 'CompleteAbort');
  assert.equal(world.markers.written.find(({ producerId }) => producerId === last.producerId)?.producerEpoch, 32_767);
  const next = await world.end(last, 'abort');
  assert.equal(next.producerEpoch, 0);
  assert.notEqual(next.producerId, last.producerId);
  await world.add(next, [0]);
});

test('transactions that began before a restart are aborted in time', async () => {
  const world = await TransactionWorld.open();
  const producer = await world.init();
  await world.add(producer, [0]);
  await world.pass(TIMEOUT_MS - 1000);
  const restarted = await world.restart();
  assert.equal(restarted.describe().transactionState, 'Ongoing');
  await restarted.pass(11_000);
  assert.equal(restarted.describe().transactionState, 'CompleteAbort');
});

test('an id that nobody used for transactional.id.expiration.ms is forgotten, unless its transaction is open', async () => {
  const settings = {
    'transactional.id.expiration.ms': '100000',
    'transaction.remove.expired.transaction.cleanup.interval.ms': '1000',
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000000',
  };
  const world = await TransactionWorld.open({ settings });
  const idle = await world.init(null, 'idle');
  const open = await world.init(null, 'open');
  await world.add(open, [0], 2, 'open');
  await world.pass(99_000);
  assert.notEqual(world.stored('idle'), undefined);
  await world.pass(2000);
  assert.equal(world.stored('idle'), undefined);
  assert.equal(world.stored('open')?.state, 'Ongoing');
  assert.equal(await codeOf(world.end(idle, 'abort', 2, 'idle')), INVALID_PRODUCER_ID_MAPPING);
  const restarted = await world.restart();
  assert.equal(restarted.stored('idle'), undefined);
  const again = await restarted.init(idle, 'idle');
  assert.notEqual(again.producerId, idle.producerId);
  assert.equal(again.producerEpoch, 0);
});

test('lists are filtered by state, producer and duration', async () => {
  const world = await TransactionWorld.open({ settings: { 'transaction.state.log.num.partitions': '1' } });
  const empty = await world.init(null, 'empty');
  const open = await world.init(null, 'open');
  await world.add(open, [0], 2, 'open');
  const ended = await world.init(null, 'ended');
  await world.add(ended, [0], 2, 'ended');
  await world.end(ended, 'commit', 2, 'ended');
  await world.pass(1000);
  const list = (filter: Partial<Parameters<typeof listTransactions>[1]>): (string | undefined)[] => {
    const all = { states: new Set<string>(), producerIds: new Set<bigint>(), durationMs: -1 };
    const { env } = world.coordinator.runnerFor('id').shard;
    return listTransactions(env, { ...all, ...filter })
      .map(({ transactionalId }) => transactionalId)
      .sort();
  };
  assert.deepEqual(list({}), ['empty', 'ended', 'open']);
  assert.deepEqual(list({ states: new Set(['Ongoing', 'Empty']) }), ['empty', 'open']);
  assert.deepEqual(list({ states: new Set(['ongoing']) }), []);
  assert.deepEqual(list({ producerIds: new Set([empty.producerId, ended.producerId]) }), ['empty', 'ended']);
  assert.deepEqual(list({ durationMs: 999 }), ['empty', 'ended', 'open']);
  // What has no transaction passes for a very old one.
  assert.deepEqual(list({ durationMs: 1000 }), ['empty']);
  assert.deepEqual(unknownStates(new Set(['Ongoing', 'x', 'ongoing', 'Dead', 'PrepareEpochFence'])), ['x', 'ongoing']);
});

test('figures count ids by state and tell the age of the oldest open transaction', async () => {
  const world = await TransactionWorld.open();
  const [states, oldest] = transactionFigures(world.coordinator, () => world.clock.now());
  assert.deepEqual(oldest?.collect(), [{ value: 0 }]);
  await world.init(null, 'idle');
  for (const id of ['first', 'second']) {
    await world.add(await world.init(null, id), [0], 2, id);
    await world.pass(2000);
  }
  assert.deepEqual(oldest?.collect(), [{ value: 4 }]);
  const counts = [...(states?.collect() ?? [])].map(({ labels, value }) => [labels?.state, value]);
  assert.deepEqual(counts.sort(), [
    ['Empty', 1],
    ['Ongoing', 2],
  ]);
});

test('a log that is rewritten tells the same', async () => {
  const world = await TransactionWorld.open({ settings: { 'transaction.state.log.num.partitions': '1' } });
  const producer = await world.init();
  await world.add(producer, [0, 1]);
  await world.init(null, 'other');
  await world.pass(3_600_000 * 25);
  const { log } = world.coordinator.runnerFor('id');
  assert.notEqual(log.logStartOffset, 0);
  const [before, other] = [world.describe(), world.describe('other')];
  const restarted = await world.restart();
  assert.deepEqual(restarted.describe(), before);
  assert.deepEqual(restarted.describe('other'), other);
});
