/** Transactions in a partition: open ones, markers, the last stable offset, verification (KIP-98, KIP-890, KIP-1228). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { decodeRecordsSync } from '../../protocol/records/iterate.ts';
import { isControl, isTransactional, producerEpoch } from '../../protocol/records/batch.ts';
import { decodeProducerState } from '../../src/partition/producer-snapshot.ts';
import type { StreamPartitionLog } from '../../src/partition/partition-log.ts';
import type { AppendResult } from '../../src/partition/types.ts';
import { MemoryEngine } from '../support/memory-engine.ts';
import { CLIENT, COORDINATOR, NOW, batch, openPartition, produce, sequenced } from '../support/partitions.ts';
import { marker, transactional, write } from '../support/transactional-batches.ts';

const outOfOrder = { code: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER };
const staleEpoch = { code: ErrorCode.INVALID_PRODUCER_EPOCH };
const notInTransaction = { code: ErrorCode.INVALID_TXN_STATE };

function manual(): { engine: MemoryEngine; log: StreamPartitionLog } {
  return openPartition({ engine: new MemoryEngine({ autoCommit: false }) });
}

test('a marker is a control batch of one offset that says how the transaction ended, and by which coordinator', async () => {
  const { log, engine } = openPartition();
  await write(log, { count: 3 });
  const result = log.appendMarker(marker({ outcome: 'abort', coordinatorEpoch: 9, producerEpoch: 4 }));
  assert.deepEqual([result.baseOffset, result.endOffset], [3, 4]);
  assert.equal(log.appendMarker(marker({ coordinatorEpoch: 9, producerEpoch: 4 })).endOffset, 5);
  const [, abort, commit] = engine.streams.get(1)!.batches.map(({ bytes }) => bytes);
  for (const bytes of [abort!, commit!]) {
    assert.deepEqual([isControl(bytes, 0), isTransactional(bytes, 0), producerEpoch(bytes, 0)], [true, true, 4]);
  }
  const [record] = decodeRecordsSync(abort!);
  assert.deepEqual([record?.key?.toString('hex'), record?.value?.toString('hex')], ['00000000', '000000000009']);
  assert.equal(decodeRecordsSync(commit!)[0]?.key?.toString('hex'), '00000001');
  assert.equal(record?.timestampMs, NOW);
});

test('the last stable offset is the start of the oldest open transaction, and moves when its marker is committed', async () => {
  const { log, engine } = manual();
  await log.ready();
  log.append(batch(2), CLIENT);
  await write(log, { id: 1n });
  await write(log, { id: 2n });
  await write(log, { id: 1n, sequence: 1 });
  engine.commit();
  assert.deepEqual([log.lastStableOffset, log.highWatermark], [2, 5]);
  log.appendMarker(marker({ producerId: 1n }));
  assert.equal(log.lastStableOffset, 2, 'the marker may still be lost');
  engine.commit();
  assert.deepEqual([log.lastStableOffset, log.highWatermark], [3, 6]);
  log.appendMarker(marker({ producerId: 2n, outcome: 'abort' }));
  engine.commit();
  assert.deepEqual([log.lastStableOffset, log.highWatermark], [7, 7]);
});

test('a transaction that is not committed yet does not hold back what lies before the high watermark', async () => {
  const { log, engine } = manual();
  await log.ready();
  log.append(batch(2), CLIENT);
  engine.commit();
  await write(log);
  assert.equal(log.lastStableOffset, 2);
});

test('a batch that comes after its producer was fenced is told so, with whatever verification', async () => {
  const { log } = openPartition();
  await log.ready();
  const late = log.startVerification({ producerId: 7n, producerEpoch: 0, baseSequence: 0, supportsEpochBump: true });
  log.appendMarker(marker({ producerEpoch: 1, outcome: 'abort' }));
  const stale = { code: ErrorCode.INVALID_PRODUCER_EPOCH };
  for (const origin of [CLIENT, COORDINATOR]) {
    assert.throws(() => log.append(transactional(), { ...origin, verification: late }), stale);
  }
  assert.throws(() => log.append(transactional(), CLIENT), stale);
});

test("a client's batch needs a verification unless its transaction is open, and a marker makes it void", async () => {
  const { log } = openPartition();
  await log.ready();
  assert.throws(() => log.append(transactional(), CLIENT), notInTransaction);
  const unverified = { producerId: 7n, producerEpoch: 0, baseSequence: 0, supportsEpochBump: true };
  const late = log.startVerification(unverified);
  log.appendMarker(marker());
  assert.throws(() => log.append(transactional(), { ...CLIENT, verification: late }), notInTransaction);
  // The same producer's next transaction, of which the coordinator's old word says nothing.
  const next = log.startVerification(unverified);
  assert.throws(() => log.append(transactional(), { ...CLIENT, verification: late }), notInTransaction);
  log.append(transactional(), { ...CLIENT, verification: next });
  assert.ok(log.hasOpenTransaction(7n, 0));
  assert.equal(log.startVerification(unverified), null);
  log.append(transactional({ sequence: 1 }), CLIENT);
  assert.throws(() => log.append(transactional({ epoch: 1 }), CLIENT), notInTransaction);
  assert.equal(log.logEndOffset, 3);
});

test('of batches that wait for the same word, the one with the lowest sequence comes first', async () => {
  const { log } = openPartition();
  await log.ready();
  const unverified = { producerId: 7n, producerEpoch: 0, supportsEpochBump: false };
  const fifth = log.startVerification({ ...unverified, baseSequence: 5 });
  const fourth = log.startVerification({ ...unverified, baseSequence: 4 });
  assert.equal(fifth, fourth);
  assert.throws(() => log.append(transactional({ sequence: 5 }), { ...CLIENT, verification: fifth }), outOfOrder);
  log.append(transactional({ sequence: 4 }), { ...CLIENT, verification: fourth });
  log.append(transactional({ sequence: 5 }), { ...CLIENT, verification: fifth });
});

test('a batch in no transaction waits for the lowest sequence, too, while a word about its producer is awaited', async () => {
  const { log } = openPartition();
  await log.ready();
  const unverified = { producerId: 7n, producerEpoch: 0, baseSequence: 4, supportsEpochBump: false };
  log.startVerification(unverified);
  const plain = (sequence: number) => log.append(sequenced(sequence), CLIENT);
  assert.throws(() => plain(5), outOfOrder);
  plain(4);
});

test('with transactions of version 2 a producer that is not known starts at sequence 0', async () => {
  const { log } = openPartition();
  await log.ready();
  const unverified = { producerId: 7n, producerEpoch: 0, supportsEpochBump: true };
  for (const sequence of [5, 0]) {
    const verification = log.startVerification({ ...unverified, baseSequence: sequence });
    const append = () => log.append(transactional({ sequence }), { ...CLIENT, verification });
    if (sequence > 0) assert.throws(append, outOfOrder);
    else append();
  }
  assert.equal((await write(openPartition().log, { sequence: 5 })).baseOffset, 0, 'before, it may go on anywhere');
});

test('a plain batch of a producer is refused while its transaction is open', async () => {
  const { log } = openPartition();
  await write(log, { count: 2 });
  await assert.rejects(produce(log, sequenced(2)), notInTransaction);
  assert.throws(() => log.append(sequenced(2), COORDINATOR), notInTransaction);
  log.appendMarker(marker());
  assert.equal((await produce(log, sequenced(2))).baseOffset, 3);
});

test('a transactional batch without a producer id is a plain one', async () => {
  const { log } = openPartition();
  await produce(log, batch(1, { isTransactional: true }));
  await Promise.resolve();
  assert.deepEqual([log.logEndOffset, log.lastStableOffset, log.activeProducers()], [1, 1, []]);
});

test('a duplicate is known while its transaction is open, and after a marker of the same epoch', async () => {
  const { log } = openPartition();
  await write(log, { count: 2 });
  const again = (): AppendResult => log.append(transactional({ count: 2 }), CLIENT);
  assert.deepEqual([again().duplicate, again().baseOffset], [true, 0]);
  log.appendMarker(marker());
  assert.deepEqual([again().duplicate, again().baseOffset], [true, 0]);
});

test('a marker with a higher epoch starts the sequence anew and fences the former epoch', async () => {
  const { log } = openPartition();
  await write(log, { count: 3 });
  log.appendMarker(marker({ producerEpoch: 1, transactionVersion: 2 }));
  await assert.rejects(write(log, { sequence: 3 }), staleEpoch);
  await assert.rejects(write(log, { epoch: 1, sequence: 3 }), outOfOrder);
  assert.equal((await write(log, { epoch: 1 })).baseOffset, 4);
});

test('markers: an older epoch, an older coordinator, and with version 2 the same epoch are refused', async () => {
  const { log } = openPartition();
  await write(log, { epoch: 3 });
  assert.throws(() => log.appendMarker(marker({ producerEpoch: 2 })), staleEpoch);
  assert.throws(() => log.appendMarker(marker({ producerEpoch: 3, transactionVersion: 2 })), staleEpoch);
  assert.ok(log.hasOpenTransaction(7n, 3));
  log.appendMarker(marker({ producerEpoch: 3, coordinatorEpoch: 5 }));
  const fenced = { code: ErrorCode.TRANSACTION_COORDINATOR_FENCED };
  assert.throws(() => log.appendMarker(marker({ producerEpoch: 3, coordinatorEpoch: 4 })), fenced);
  assert.equal(log.logEndOffset, 2);
  assert.equal(
    log.appendMarker(marker({ producerEpoch: 3, coordinatorEpoch: 5, transactionVersion: 2 })).baseOffset,
    2,
    'a repeated one ends nothing, and is written again',
  );
});

test('with version 2, too, a transaction of the last epoch that there is ends with a marker of that epoch', async () => {
  const { log } = openPartition();
  await write(log, { epoch: 32_767 });
  assert.equal(log.appendMarker(marker({ producerEpoch: 32_767, transactionVersion: 2 })).baseOffset, 1);
  assert.ok(!log.hasOpenTransaction(7n, 32_767));
});

test('a marker for a producer that is not known makes it known', async () => {
  const { log } = openPartition();
  await log.ready();
  log.appendMarker(marker({ producerEpoch: 2, coordinatorEpoch: 1, outcome: 'abort' }));
  assert.deepEqual(log.activeProducers(), [
    {
      producerId: 7n,
      producerEpoch: 2,
      lastSequence: -1,
      lastTimestampMs: NOW,
      coordinatorEpoch: 1,
      transactionStart: -1,
    },
  ]);
  await assert.rejects(write(log, { epoch: 1 }), staleEpoch);
});

test('producers are shown with their transaction, last sequence and coordinator', async () => {
  const { log } = openPartition();
  await produce(log, batch(4));
  await write(log, { count: 3 });
  const shown = () => log.activeProducers().map((p) => [p.lastSequence, p.coordinatorEpoch, p.transactionStart]);
  assert.deepEqual(shown(), [[2, -1, 4]]);
  log.appendMarker(marker({ coordinatorEpoch: 6 }));
  assert.deepEqual(shown(), [[2, 6, -1]]);
  log.appendMarker(marker({ coordinatorEpoch: 6, producerEpoch: 1 }));
  assert.deepEqual(shown(), [[-1, 6, -1]]);
});

test('a coordinator appends to transactions without sequences; an older epoch is fenced', async () => {
  const { log } = openPartition();
  await log.ready();
  const options = { producerId: 7n, producerEpoch: 1, isTransactional: true };
  log.append(batch(1, options), COORDINATOR);
  log.append(batch(2, options), COORDINATOR);
  assert.ok(log.hasOpenTransaction(7n, 1));
  assert.throws(() => log.append(batch(1, { ...options, producerEpoch: 0 }), COORDINATOR), staleEpoch);
});

test("a coordinator's batch is refused with a verification that is void", async () => {
  const { log } = openPartition();
  await log.ready();
  const unverified = { producerId: 7n, producerEpoch: 0, baseSequence: -1, supportsEpochBump: true };
  const verification = log.startVerification(unverified);
  log.appendMarker(marker());
  const slice = batch(1, { producerId: 7n, producerEpoch: 0, isTransactional: true });
  assert.throws(() => log.append(slice, { ...COORDINATOR, verification }), notInTransaction);
});

test('what failed is taken back: transactions that began are gone, those that a marker ended are open again', async () => {
  const { log, engine } = manual();
  await log.ready();
  await write(log, { id: 1n, count: 2 });
  engine.commit();
  const before = log.activeProducers();
  log.appendMarker(marker({ producerId: 1n, producerEpoch: 1, coordinatorEpoch: 3, transactionVersion: 2 }));
  await write(log, { id: 1n, epoch: 1 });
  await write(log, { id: 2n });
  log.appendMarker(marker({ producerId: 3n }));
  engine.fail();
  assert.deepEqual([log.logEndOffset, log.lastStableOffset], [2, 0]);
  assert.deepEqual(
    log.activeProducers().filter(({ producerId }) => producerId === 1n),
    before,
  );
  assert.equal(log.hasOpenTransaction(2n, 0), false);
  assert.ok(!log.activeProducers().some(({ producerId }) => producerId === 3n));
  // The marker comes again, as the coordinator has it written until it is there.
  log.appendMarker(marker({ producerId: 1n, producerEpoch: 1, coordinatorEpoch: 3, transactionVersion: 2 }));
  engine.commit();
  assert.equal(log.lastStableOffset, 3);
});

for (const how of ['log', 'snapshot'] as const) {
  test(`open transactions, epochs and coordinators outlive a restart (${how})`, async () => {
    const { log, engine } = openPartition();
    await write(log, { id: 1n, count: 2 });
    await write(log, { id: 2n });
    await write(log, { id: 3n });
    log.appendMarker(marker({ producerId: 2n, producerEpoch: 1, coordinatorEpoch: 4 }));
    for (let i = 0; i < 6; i++) await write(log, { id: 1n, sequence: i + 2 });
    log.appendMarker(marker({ producerId: 4n, producerEpoch: 2 }));
    await Promise.resolve();
    if (how === 'snapshot') {
      log.producers.writeSnapshot(log.logEndOffset);
      engine.scanHeaders = () => Promise.reject(new Error('there is nothing to scan'));
    }
    const restarted = openPartition({ engine, leaderEpoch: 1 }).log;
    await restarted.ready();
    assert.equal(restarted.lastStableOffset, 0);
    assert.deepEqual(restarted.activeProducers(), log.activeProducers());
    await write(restarted, { id: 1n, sequence: 8 });
    await assert.rejects(write(restarted, { id: 4n, epoch: 1 }), staleEpoch);
    restarted.appendMarker(marker({ producerId: 1n }));
    await Promise.resolve();
    assert.equal(restarted.lastStableOffset, 3);
  });
}

test('a producer whose last batches were lost goes on where they began, after a restart, too', async () => {
  const { log, engine } = manual();
  await write(log);
  engine.commit();
  for (let sequence = 1; sequence <= 5; sequence++) await write(log, { sequence });
  engine.fail();
  log.producers.writeSnapshot(log.logEndOffset);
  const restarted = openPartition({ engine, leaderEpoch: 1 }).log;
  await assert.rejects(write(restarted, { sequence: 0 }), outOfOrder);
  await assert.rejects(write(restarted, { sequence: 2 }), outOfOrder);
  assert.equal((await write(restarted, { sequence: 1 })).baseOffset, 1);
});

test('an open transaction survives the trim of its records, and holds the last stable offset at the log start', async () => {
  const { log, engine } = openPartition();
  await write(log, { count: 4 });
  await produce(log, batch(3));
  await Promise.resolve();
  assert.equal(await log.deleteRecords(5), 5);
  assert.deepEqual([log.lastStableOffset, log.highWatermark], [5, 7]);
  const restarted = openPartition({ engine, leaderEpoch: 1 }).log;
  await restarted.ready();
  assert.ok(restarted.hasOpenTransaction(7n, 0));
  assert.equal(restarted.lastStableOffset, 5);
});

test('an open transaction does not expire, its end starts the clock again; a verification does', async () => {
  const { log } = openPartition();
  await write(log);
  log.producers.expire(NOW + 5000, 1000);
  assert.ok(log.hasOpenTransaction(7n, 0));
  log.appendMarker(marker());
  log.producers.expire(NOW + 5000, 1000);
  assert.deepEqual(log.activeProducers(), []);
  const unverified = { producerId: 7n, producerEpoch: 0, baseSequence: 0, supportsEpochBump: true };
  const verification = log.startVerification(unverified);
  log.producers.expire(NOW + 5000, 1000);
  assert.throws(() => log.append(transactional(), { ...CLIENT, verification }), notInTransaction);
});

test('a snapshot of the version before is read', () => {
  const bytes = Buffer.alloc(5 + 19 + 28);
  bytes.writeUInt8(1, 0);
  bytes.writeUInt32BE(1, 1);
  bytes.writeBigInt64BE(7n, 5);
  bytes.writeInt16BE(3, 13);
  bytes.writeBigInt64BE(BigInt(NOW), 15);
  bytes.writeUInt8(1, 23);
  bytes.writeInt32BE(4, 24);
  bytes.writeInt32BE(5, 28);
  bytes.writeBigInt64BE(100n, 32);
  bytes.writeUInt32BE(2, 40);
  bytes.writeBigInt64BE(BigInt(NOW), 44);
  const state = decodeProducerState(bytes);
  const batches = [{ firstSequence: 4, lastSequence: 5, baseOffset: 100, endOffset: 102, timestampMs: NOW }];
  const rest = { firstSequence: 0, coordinatorEpoch: -1, transactionStart: -1 };
  assert.deepEqual([...(state?.entries() ?? [])], [[7n, { epoch: 3, lastTimestampMs: NOW, batches, ...rest }]]);
});
