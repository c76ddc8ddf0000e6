/** A partition: offsets, high watermark, waiters, reads, lookups, deletion, and what happens when the disk is full. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  BatchField,
  baseOffset,
  leaderEpoch,
  maxTimestamp,
  timestampType,
  verifyCrc,
} from '../../protocol/records/batch.ts';
import { buildBatch, buildCompressedBatch } from '../../protocol/records/build.ts';
import { plainSlice } from '../../src/base/counted.ts';
import { IsolationLevel, type PartitionRead, type PartitionReadOptions } from '../../src/partition/types.ts';
import { MemoryEngine } from '../support/memory-engine.ts';
import { CLIENT, NOW, batch, committed, openPartition, produce, records, sequenced } from '../support/partitions.ts';

function from(offset: number, more: Partial<PartitionReadOptions> = {}): PartitionReadOptions {
  return {
    offset,
    maxBytes: 1 << 20,
    atLeastOne: true,
    isolation: IsolationLevel.READ_UNCOMMITTED,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    ...more,
  };
}

async function bytesOf(read: PartitionRead | Promise<PartitionRead>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (const part of (await read).parts) {
    for (const { bytes } of await part.load()) chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

test('appends get consecutive offsets at once, the high watermark moves with the commit', () => {
  const { log, engine } = openPartition({ engine: new MemoryEngine({ autoCommit: false }), leaderEpoch: 5 });
  const first = log.append(batch(3), CLIENT);
  const second = log.append(batch(2), CLIENT);
  assert.deepEqual(first, { baseOffset: 0, endOffset: 3, logAppendTimeMs: -1, logStartOffset: 0, duplicate: false });
  assert.equal(second.baseOffset, 3);
  assert.equal(log.logEndOffset, 5);
  assert.equal(log.highWatermark, 0);
  engine.commit(1);
  assert.equal(log.highWatermark, 3);
  engine.commit();
  assert.equal(log.highWatermark, 5);
  assert.equal(log.lastStableOffset, 5);
  const stored = engine.streams.get(1)?.batches[1]?.bytes ?? Buffer.alloc(0);
  assert.equal(baseOffset(stored, 0), 3);
  assert.equal(leaderEpoch(stored, 0), 5);
  assert.equal(verifyCrc(stored, 0), true);
});

test('commit callbacks come in order of offset, never before whenCommitted returns, and not before the commit', async () => {
  const { log, engine } = openPartition({ engine: new MemoryEngine({ autoCommit: false }) });
  const told: string[] = [];
  for (let i = 1; i <= 3; i++) log.append(batch(1), CLIENT);
  log.whenCommitted(2, () => told.push('two'));
  log.whenCommitted(3, () => told.push('three'));
  log.whenCommitted(1, () => told.push('one'));
  engine.commit(2);
  assert.deepEqual(told, ['one', 'two']);
  log.whenCommitted(1, () => told.push('already'));
  assert.deepEqual(told, ['one', 'two']);
  await Promise.resolve();
  assert.deepEqual(told, ['one', 'two', 'already']);
  engine.commit();
  assert.equal(told.at(-1), 'three');
});

test('a commit callback that throws leaves nobody else waiting', () => {
  const { log, engine } = openPartition({ engine: new MemoryEngine({ autoCommit: false }) });
  let told = 0;
  log.append(batch(1), CLIENT);
  log.whenCommitted(1, () => {
    throw new Error('a mistake');
  });
  log.whenCommitted(1, () => told++);
  assert.throws(() => engine.commit(), /a mistake/);
  assert.equal(told, 1);
  assert.equal(log.highWatermark, 1);
});

test('fetch waiters are told once per group of commits, with all of it readable', async () => {
  const { log, engine } = openPartition({ engine: new MemoryEngine({ autoCommit: false }) });
  const seen: number[] = [];
  const waiter = { onProgress: () => seen.push(log.highWatermark) };
  log.addWaiter(waiter);
  for (let i = 0; i < 5; i++) log.append(batch(1), CLIENT);
  engine.commit();
  await Promise.resolve();
  assert.deepEqual(seen, [5]);
  log.append(batch(1), CLIENT);
  engine.commit();
  await Promise.resolve();
  assert.deepEqual(seen, [5, 6]);
  log.removeWaiter(waiter);
  log.append(batch(1), CLIENT);
  engine.commit();
  await Promise.resolve();
  assert.deepEqual(seen, [5, 6]);
});

test('LogAppendTime is stamped on the batch and reported', async () => {
  const { log, engine, clock } = openPartition({ configs: { 'message.timestamp.type': 'LogAppendTime' } });
  clock.advance(1234);
  const result = log.append(batch(2, {}, NOW - 1_000_000), CLIENT);
  assert.equal(result.logAppendTimeMs, NOW + 1234);
  const stored = engine.streams.get(1)?.batches[0];
  assert.equal(stored?.maxTimestampMs, NOW + 1234);
  assert.equal(timestampType(stored.bytes, 0), 1);
  assert.equal(maxTimestamp(stored.bytes, 0), NOW + 1234);
  assert.equal(verifyCrc(stored.bytes, 0), true);
});

test('a read gives whole committed batches from the one that holds the offset', async () => {
  const { log, engine } = openPartition({ engine: new MemoryEngine({ autoCommit: false }) });
  for (let i = 0; i < 3; i++) log.append(batch(4), CLIENT);
  engine.commit(2);
  const [first, second] = engine.streams.get(1)?.batches ?? [];
  assert.deepEqual(await bytesOf(log.read(from(0))), Buffer.concat([first!.bytes, second!.bytes]));
  assert.deepEqual(await bytesOf(log.read(from(6))), second!.bytes);
  assert.equal((await log.read(from(0, { maxBytes: 1 }))).byteLength, first!.bytes.length);
  assert.equal((await log.read(from(0, { maxBytes: 1, atLeastOne: false }))).byteLength, 0);
  const atHighWatermark = await log.read(from(8));
  assert.deepEqual(
    [atHighWatermark.byteLength, atHighWatermark.highWatermark, atHighWatermark.lastStableOffset],
    [0, 8, 8],
  );
  assert.equal((await log.read(from(12))).byteLength, 0);
  assert.throws(() => log.read(from(13)), { code: ErrorCode.OFFSET_OUT_OF_RANGE });
  assert.throws(() => log.read(from(-1)), { code: ErrorCode.OFFSET_OUT_OF_RANGE });
});

test('a read that comes later answers the same, and a deletion meanwhile ends it', async () => {
  const { log, engine } = openPartition();
  log.append(batch(2), CLIENT);
  await committed(log, 2);
  engine.asyncReads = true;
  assert.ok((await log.read(from(0))).byteLength > 0);
  const late = log.read(from(0));
  log.markDeleted();
  await assert.rejects(Promise.resolve(late), { code: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
});

test('a read whose offset retention takes before it comes to the batches is out of range', async () => {
  const { log, engine } = openPartition();
  for (let i = 0; i < 3; i++) log.append(batch(2), CLIENT);
  await committed(log, 6);
  let startOffset = 0;
  const readNow = engine.read.bind(engine);
  engine.read = async (options) => {
    await log.trim(startOffset);
    return readNow(options);
  };
  for (startOffset of [4, 6]) {
    await assert.rejects(Promise.resolve(log.read(from(startOffset - 2))), { code: ErrorCode.OFFSET_OUT_OF_RANGE });
  }
});

test('leader epochs of requests are fenced', () => {
  const { log } = openPartition({ leaderEpoch: 4 });
  log.checkLeaderEpoch(-1);
  log.checkLeaderEpoch(4);
  assert.throws(() => log.checkLeaderEpoch(3), { code: ErrorCode.FENCED_LEADER_EPOCH });
  assert.throws(() => log.read(from(0, { currentLeaderEpoch: 5 })), { code: ErrorCode.UNKNOWN_LEADER_EPOCH });
});

test('ends of leader epochs, and a fetcher whose epoch and offset diverge', async () => {
  const { engine, log: old } = openPartition({ leaderEpoch: 2 });
  for (let i = 0; i < 4; i++) old.append(batch(1), CLIENT);
  await committed(old, 4);
  const { log: newer } = openPartition({ engine, leaderEpoch: 5 });
  assert.deepEqual(await newer.endOffsetForEpoch(2), { leaderEpoch: 2, endOffset: 4 });
  newer.append(batch(2), CLIENT);
  await committed(newer, 6);
  assert.deepEqual(await newer.endOffsetForEpoch(5), { leaderEpoch: 5, endOffset: 6 });
  assert.deepEqual(await newer.endOffsetForEpoch(3), { leaderEpoch: 2, endOffset: 4 });
  assert.deepEqual(await newer.endOffsetForEpoch(1), { leaderEpoch: 1, endOffset: 0 });
  assert.equal(await newer.endOffsetForEpoch(6), null);
  assert.equal(await newer.endOffsetForEpoch(-1), null);
  assert.deepEqual(await newer.endOffsetForEpoch(-2), { leaderEpoch: -2, endOffset: 0 });
  assert.equal(await newer.epochForOffset(3), 2);
  assert.equal(await newer.epochForOffset(4), 5);
  assert.equal(await newer.epochForOffset(6), 5);
  const diverged = await newer.read(from(5, { lastFetchedEpoch: 2 }));
  assert.deepEqual([diverged.diverging, diverged.byteLength], [{ leaderEpoch: 2, endOffset: 4 }, 0]);
  const followed = await newer.read(from(4, { lastFetchedEpoch: 2 }));
  assert.equal(followed.diverging, null);
  assert.ok(followed.byteLength > 0);
  assert.equal((await newer.read(from(5, { lastFetchedEpoch: 5 }))).diverging, null);
  await assert.rejects(async () => await newer.read(from(5, { lastFetchedEpoch: 9 })), {
    code: ErrorCode.OFFSET_OUT_OF_RANGE,
  });
});

test('a timestamp finds the first record that is not older, inside compressed batches too', async () => {
  const { log } = openPartition();
  const times = [10, 30, 20, 40];
  const plain = times.map((ms) => ({ key: null, value: Buffer.from('x'), timestampMs: NOW + ms }));
  log.append(plainSlice(buildBatch(plain)), CLIENT);
  const later = plain.map((record) => ({ ...record, timestampMs: record.timestampMs + 100 }));
  await produce(log, plainSlice(await buildCompressedBatch(later, { compression: 1 })));
  await committed(log, 8);
  const find = async (ms: number): Promise<unknown> => {
    const found = await log.offsetForTimestamp(NOW + ms, IsolationLevel.READ_UNCOMMITTED);
    return found === null ? null : [found.offset, found.timestampMs - NOW];
  };
  assert.deepEqual(await find(0), [0, 10]);
  assert.deepEqual(await find(15), [1, 30]);
  assert.deepEqual(await find(31), [3, 40]);
  assert.deepEqual(await find(111), [5, 130]);
  assert.equal(await find(141), null);
  assert.deepEqual(await log.maxTimestamp(IsolationLevel.READ_UNCOMMITTED), {
    offset: 7,
    timestampMs: NOW + 140,
    leaderEpoch: 0,
  });
  await log.deleteRecords(2);
  assert.deepEqual(await find(0), [2, 20]);
});

test('with LogAppendTime every record of a batch has its time, and the first that is there is found', async () => {
  const { log } = openPartition({ configs: { 'message.timestamp.type': 'LogAppendTime' } });
  for (let i = 0; i < 2; i++) log.append(batch(3, {}, NOW - 1_000_000), CLIENT);
  await committed(log, 6);
  const find = (ms: number) => log.offsetForTimestamp(ms, IsolationLevel.READ_UNCOMMITTED);
  for (const [start, found] of [
    [0, 0],
    [1, 1],
    [4, 4],
  ] as const) {
    await log.deleteRecords(start);
    assert.deepEqual(await find(NOW), { offset: found, timestampMs: NOW, leaderEpoch: 0 });
  }
  assert.equal(await find(NOW + 1), null);
  assert.deepEqual(await log.maxTimestamp(IsolationLevel.READ_UNCOMMITTED), {
    offset: 4,
    timestampMs: NOW,
    leaderEpoch: 0,
  });
});

test('a timestamp is not found in what is not committed, nor in an empty log', async () => {
  const { log, engine } = openPartition({ engine: new MemoryEngine({ autoCommit: false }) });
  assert.equal(await log.maxTimestamp(IsolationLevel.READ_UNCOMMITTED), null);
  log.append(batch(1), CLIENT);
  assert.equal(await log.offsetForTimestamp(0, IsolationLevel.READ_UNCOMMITTED), null);
  engine.commit();
  assert.equal((await log.offsetForTimestamp(0, IsolationLevel.READ_UNCOMMITTED))?.offset, 0);
});

test('a batch whose header promises a later record, or whose records are garbage, does not break a lookup', async () => {
  const { log } = openPartition({ validation: 'header' });
  const lying = batch(1);
  const { writeInt64, patchCrc } = await import('../../protocol/records/batch.ts');
  writeInt64(lying.bytes, NOW + 50, BatchField.MAX_TIMESTAMP);
  patchCrc(lying.bytes, 0);
  log.append(lying, CLIENT);
  const garbage = batch(1, {}, NOW + 20);
  garbage.bytes.fill(0xff, 62);
  patchCrc(garbage.bytes, 0);
  log.append(garbage, CLIENT);
  await committed(log, 2);
  const found = await log.offsetForTimestamp(NOW + 10, IsolationLevel.READ_UNCOMMITTED);
  assert.deepEqual(found, { offset: 1, timestampMs: NOW + 20, leaderEpoch: 0 });
});

test('deleting records moves the log start offset up to the high watermark, never back', async () => {
  const { log, engine } = openPartition({ engine: new MemoryEngine({ autoCommit: false }) });
  for (let i = 0; i < 4; i++) log.append(batch(1), CLIENT);
  engine.commit(3);
  assert.equal(await log.deleteRecords(2), 2);
  assert.equal(await log.deleteRecords(1), 2);
  await assert.rejects(log.deleteRecords(4), { code: ErrorCode.OFFSET_OUT_OF_RANGE });
  await assert.rejects(log.deleteRecords(-2), { code: ErrorCode.OFFSET_OUT_OF_RANGE });
  assert.equal(await log.deleteRecords(-1), 3);
  assert.equal(log.logStartOffset, 3);
  assert.throws(() => log.read(from(2)), { code: ErrorCode.OFFSET_OUT_OF_RANGE });
});

test('a topic that goes while the producers of its deleted records are read is said to be gone', async () => {
  const { log, engine } = openPartition();
  await produce(log, sequenced(0, 2));
  const { log: restarted } = openPartition({ engine });
  const gone = restarted.ready()?.then(() => {
    restarted.markDeleted();
    engine.streams.delete(restarted.stream);
  });
  const deleting = restarted.deleteRecords(1);
  await assert.rejects(deleting, { code: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
  await gone;
});

test('records of a compacted topic cannot be deleted, unless it deletes too', async () => {
  const compacted = openPartition({ configs: { 'cleanup.policy': 'compact' } });
  await assert.rejects(compacted.log.deleteRecords(0), { code: ErrorCode.POLICY_VIOLATION });
  const both = openPartition({ configs: { 'cleanup.policy': 'compact,delete' } });
  assert.equal(await both.log.deleteRecords(0), 0);
});

test('bytes available are exact near the end, never 0 when there are some', async () => {
  const { log, engine } = openPartition();
  const sizes: number[] = [];
  for (let i = 0; i < 200; i++) {
    const slice = batch((i % 3) + 1);
    sizes.push(slice.bytes.length);
    log.append(slice, CLIENT);
  }
  await Promise.resolve();
  const available = (offset: number): number => log.availableBytes(offset, IsolationLevel.READ_UNCOMMITTED);
  assert.equal(available(log.highWatermark), 0);
  const last = engine.streams.get(1)?.batches.at(-1);
  assert.equal(available(last!.baseOffset), sizes.at(-1));
  assert.equal(available(last!.baseOffset - 1), sizes.at(-1)! + sizes.at(-2)!);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  assert.ok(Math.abs(available(0) - total) / total < 0.1);
  const reopened = openPartition({ engine }).log;
  assert.ok(reopened.availableBytes(1, IsolationLevel.READ_UNCOMMITTED) > 0);
  assert.equal(log.sizeBytes, total);
});

test('an append that the engine refuses changes nothing', async () => {
  const engine = new MemoryEngine({ autoCommit: false });
  const { log } = openPartition({ engine });
  await log.ready();
  log.append(sequenced(0), CLIENT);
  engine.fail('DISK_FULL', { poison: true });
  await log.ready();
  assert.throws(() => log.append(sequenced(0), CLIENT), { code: ErrorCode.KAFKA_STORAGE_ERROR });
  assert.equal(log.logEndOffset, 0);
  engine.refusal = null;
  assert.equal(log.append(sequenced(0), CLIENT).duplicate, false);
  engine.commit();
  assert.equal(log.highWatermark, 1);
});

test('failed commits roll the log back: waiters are told, offsets are given out again, a retry is no duplicate', async () => {
  const engine = new MemoryEngine({ autoCommit: false });
  const { log } = openPartition({ engine });
  await log.ready();
  log.append(sequenced(0, 2), CLIENT);
  engine.commit();
  log.append(sequenced(2, 3), CLIENT);
  log.append(sequenced(5, 1), CLIENT);
  const told: (number | string)[] = [];
  for (const endOffset of [5, 6]) {
    log.whenCommitted(endOffset, (error) => told.push((error as { code?: number } | null)?.code ?? 'committed'));
  }
  engine.fail();
  assert.deepEqual(told, [ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.KAFKA_STORAGE_ERROR]);
  assert.equal(log.logEndOffset, 2);
  assert.equal(log.highWatermark, 2);
  const retried = await produce(log, sequenced(2, 3));
  assert.deepEqual([retried.baseOffset, retried.duplicate], [2, false]);
  engine.commit();
  assert.equal(log.highWatermark, 5);
  assert.equal((await produce(log, sequenced(0, 2))).duplicate, true);
});

test('what a waiter appends from its failure is not failed with it', () => {
  const engine = new MemoryEngine({ autoCommit: false });
  const { log } = openPartition({ engine });
  const told: string[] = [];
  log.append(batch(1), CLIENT);
  log.whenCommitted(1, () => {
    const { endOffset } = log.append(batch(1), CLIENT);
    log.whenCommitted(endOffset, (error) => told.push(error === null ? 'committed' : 'failed'));
  });
  engine.fail();
  engine.commit();
  assert.deepEqual(told, ['committed']);
});

test('a duplicate of a batch under way is answered once the original is committed, or fails with it', async () => {
  const engine = new MemoryEngine({ autoCommit: false });
  const { log } = openPartition({ engine });
  await log.ready();
  const outcome: string[] = [];
  for (const end of ['commit', 'fail'] as const) {
    const first = log.append(sequenced(end === 'commit' ? 0 : 1), CLIENT);
    const again = log.append(sequenced(end === 'commit' ? 0 : 1), CLIENT);
    assert.deepEqual([again.duplicate, again.baseOffset], [true, first.baseOffset]);
    log.whenCommitted(again.endOffset, (error) => outcome.push(error === null ? 'committed' : 'failed'));
    engine[end]();
  }
  assert.deepEqual(outcome, ['committed', 'failed']);
});

test('a deleted partition fails its waiters and every later call', async () => {
  const engine = new MemoryEngine({ autoCommit: false });
  const { log } = openPartition({ engine });
  const codes: unknown[] = [];
  log.append(batch(1), CLIENT);
  log.whenCommitted(1, (error) => codes.push((error as { code?: number }).code));
  let told = 0;
  log.addWaiter({ onProgress: () => told++ });
  log.markDeleted();
  log.whenCommitted(1, (error) => codes.push((error as { code?: number }).code));
  await Promise.resolve();
  assert.deepEqual(codes, [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]);
  assert.equal(told, 1);
  assert.equal(log.deleted, true);
  const gone = { code: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
  assert.throws(() => log.append(batch(1), CLIENT), gone);
  assert.throws(() => log.read(from(0)), gone);
  assert.throws(() => log.ready(), gone);
  await assert.rejects(log.deleteRecords(-1), gone);
  await assert.rejects(log.maxTimestamp(IsolationLevel.READ_UNCOMMITTED), gone);
  engine.commit();
});

test('records keep the keys and values they came with', async () => {
  const { log } = openPartition();
  await produce(log, plainSlice(buildBatch(records(3))));
  await committed(log, 3);
  const { decodeRecordsSync } = await import('../../protocol/records/iterate.ts');
  assert.deepEqual(
    decodeRecordsSync(await bytesOf(log.read(from(0)))).map(({ offset, key }) => [offset, key?.toString()]),
    [
      [0, 'k0'],
      [1, 'k1'],
      [2, 'k2'],
    ],
  );
});
