import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { seededRandom } from '../../../src/base/random.ts';
import { OffsetMap } from '../../../src/storage/compact/offset-map.ts';
import type { CompactionTask } from '../../../src/storage/compact/types.ts';
import * as B from '../../../protocol/records/batch.ts';
import {
  type BatchOptions,
  buildBatch,
  buildCompressedBatch,
  type NewRecord,
} from '../../../protocol/records/build.ts';
import { decodeRecords } from '../../../protocol/records/iterate.ts';
import { buildMarker, type TransactionOutcome } from '../../../protocol/records/markers.ts';
import { type CompactedLog, compactLog, NO_PRODUCERS, SECRET } from '../../support/compact-log.ts';

const TIME_MS = 1_700_000_000_000;
const NOW_MS = 1_800_000_000_000;

/** `key=value`, `key` alone for a tombstone, `=value` for a record without a key. */
function record(text: string, timestampMs = TIME_MS): NewRecord {
  const [key = '', value] = text.split('=');
  return {
    key: key === '' ? null : Buffer.from(key),
    value: value === undefined ? null : Buffer.from(value),
    timestampMs,
  };
}

function batch(baseOffset: number, texts: string, options: BatchOptions = {}): Buffer {
  const records = texts.split(' ').map((text, index) => record(text, TIME_MS + (baseOffset + index) * 1000));
  return buildBatch(records, { leaderEpoch: 3, ...options, baseOffset });
}

function marker(offset: number, producerId: bigint, outcome: TransactionOutcome): Buffer {
  const bytes = buildMarker({ producerId, producerEpoch: 0, coordinatorEpoch: 0, outcome }, TIME_MS);
  B.patchBaseOffset(bytes, 0, offset);
  return bytes;
}

/** A pass over all of it, but for what `fields` say. */
function task(batches: readonly Buffer[], fields: Partial<CompactionTask> = {}): CompactionTask {
  return {
    stream: 1,
    firstDirtyOffset: 0,
    endOffset: B.nextOffset(batches.at(-1) as Buffer, 0),
    nowMs: NOW_MS,
    deleteRetentionMs: 1000,
    aborted: [],
    producers: NO_PRODUCERS,
    worthBytes: 0,
    mapBytes: 1024 * 1024,
    mapLoadFactor: 0.9,
    ...fields,
  };
}

/** Offsets and records of a log: `0 a=1`; `5-7 empty` for a batch without records. */
async function texts(batches: readonly Buffer[]): Promise<string[]> {
  const found: string[] = [];
  for (const bytes of batches) {
    assert.ok(B.verifyCrc(bytes, 0));
    const records = await decodeRecords(bytes);
    if (records.length === 0) found.push(`${B.baseOffset(bytes, 0)}-${B.nextOffset(bytes, 0) - 1} empty`);
    for (const { offset, key, value } of records) {
      found.push(`${offset} ${key?.toString() ?? ''}${value === null ? '' : `=${value.toString('latin1')}`}`);
    }
  }
  return found;
}

test('the latest record of each key stays, with its offset, in a batch that covers what it covered', async () => {
  const log = [batch(0, 'a=1 b=1 a=2'), batch(3, 'b=2 c=1'), batch(5, 'c=2 d=1')];
  const { batches, outcome } = await compactLog(log, task(log));
  assert.deepEqual(await texts(batches), ['2 a=2', '3 b=2', '5 c=2', '6 d=1']);
  const [first, second, third] = batches as [Buffer, Buffer, Buffer];
  assert.deepEqual([B.baseOffset(first, 0), B.nextOffset(first, 0), B.recordsCount(first, 0)], [0, 3, 1]);
  assert.deepEqual([B.baseTimestamp(first, 0), B.maxTimestamp(first, 0)], [TIME_MS + 2000, TIME_MS + 2000]);
  assert.equal(B.leaderEpoch(first, 0), 3);
  assert.deepEqual([B.baseOffset(second, 0), B.nextOffset(second, 0)], [3, 5]);
  assert.equal(third, log[2], 'a batch that keeps all of its records stays the same bytes');
  assert.equal(outcome.cleanedEnd, 7);
  assert.deepEqual(outcome.counts, {
    bytesBefore: log.reduce((sum, { length }) => sum + length, 0),
    bytesAfter: batches.reduce((sum, { length }) => sum + length, 0),
    recordsBefore: 7,
    recordsAfter: 4,
    keylessRecords: 0,
    largeBatches: 0,
    keys: 4,
    mapCapacity: outcome.counts.mapCapacity,
  });
});

test('what lies behind the end is left as it is, and its keys do not count', async () => {
  const log = [batch(0, 'a=1 b=1'), batch(2, 'a=2'), batch(3, 'a=3 b=3')];
  const { batches } = await compactLog(log, task(log, { endOffset: 3 }));
  assert.deepEqual(await texts(batches), ['1 b=1', '2 a=2', '3 a=3', '4 b=3']);
  assert.equal(batches[2], log[2]);
});

test('a tombstone stays until its horizon is past, which the first pass sets', async () => {
  const log = [batch(0, 'a=1'), batch(1, 'a b=1')];
  const first = await compactLog(log, task(log));
  assert.deepEqual(await texts(first.batches), ['1 a', '2 b=1']);
  const [held] = first.batches as [Buffer];
  assert.ok(B.hasDeleteHorizon(held, 0));
  assert.equal(B.baseTimestamp(held, 0), NOW_MS + 1000);
  assert.deepEqual(
    (await decodeRecords(held)).map(({ timestampMs }) => timestampMs),
    [TIME_MS + 1000, TIME_MS + 2000],
  );
  const more = [...first.batches, batch(3, 'c=1')];
  const early = await compactLog(more, task(more, { firstDirtyOffset: 3, nowMs: NOW_MS + 999 }));
  assert.deepEqual(await texts(early.batches), ['1 a', '2 b=1', '3 c=1']);
  assert.equal(early.batches[0], held);
  const late = await compactLog(more, task(more, { firstDirtyOffset: 3, nowMs: NOW_MS + 1000 }));
  assert.deepEqual(await texts(late.batches), ['2 b=1', '3 c=1']);
  assert.ok(B.hasDeleteHorizon(late.batches[0] as Buffer, 0), 'records that share the batch keep the horizon');
  assert.equal(B.baseTimestamp(late.batches[0] as Buffer, 0), NOW_MS + 1000);
});

test('a delete horizon that a client made up does not count, and does not stay', async () => {
  const forged = batch(0, 'a b=1');
  forged.writeUInt16BE(B.BatchAttribute.DELETE_HORIZON, B.BatchField.ATTRIBUTES);
  B.patchCrc(forged, 0);
  const plain = batch(2, 'c=1');
  plain.writeUInt16BE(B.BatchAttribute.DELETE_HORIZON, B.BatchField.ATTRIBUTES);
  B.patchCrc(plain, 0);
  const log = [forged, plain];
  const { batches } = await compactLog(log, task(log));
  assert.deepEqual(await texts(batches), ['0 a', '1 b=1', '2 c=1']);
  assert.equal(B.baseTimestamp(batches[0] as Buffer, 0), NOW_MS + 1000);
  assert.equal(B.hasDeleteHorizon(batches[1] as Buffer, 0), false);
  assert.deepEqual(
    (await decodeRecords(batches[1] as Buffer)).map(({ timestampMs }) => timestampMs),
    [TIME_MS + 2000],
  );
});

test('records without a key are dropped and counted', async () => {
  const log = [batch(0, '=1 a=1 =2'), batch(3, '=3')];
  const { batches, outcome } = await compactLog(log, task(log));
  assert.deepEqual(await texts(batches), ['1 a=1']);
  assert.equal(outcome.counts.keylessRecords, 3);
});

test('the last batch of a producer stays, without records if need be, until the producer goes on or is forgotten', async () => {
  const of7 = { producerId: 7n, producerEpoch: 2, baseSequence: 40 };
  const log = [batch(0, 'a=1', of7), batch(1, 'a=2 b=1', { ...of7, baseSequence: 41 }), batch(3, 'a=3 b=3')];
  const producers = {
    producerId: BigInt64Array.of(7n),
    epoch: Int32Array.of(2),
    lastOffset: Float64Array.of(2),
  };
  const { batches } = await compactLog(log, task(log, { producers }));
  assert.deepEqual(await texts(batches), ['1-2 empty', '3 a=3', '4 b=3']);
  const [empty] = batches as [Buffer];
  assert.equal(empty.length, B.BATCH_OVERHEAD);
  assert.deepEqual(
    [B.producerId(empty, 0), B.producerEpoch(empty, 0), B.baseSequence(empty, 0), B.lastSequence(empty, 0)],
    [7n, 2, 41, 42],
  );
  assert.deepEqual([B.baseTimestamp(empty, 0), B.maxTimestamp(empty, 0)], [-1, TIME_MS + 2000]);
  const again = await compactLog(batches, task(batches, { producers, firstDirtyOffset: 5 }));
  assert.deepEqual(again.batches, batches);
  const forgotten = await compactLog(batches, task(batches, { firstDirtyOffset: 5 }));
  assert.deepEqual(await texts(forgotten.batches), ['3 a=3', '4 b=3']);
});

test('records of an aborted transaction go and hide none; its marker goes two passes later', async () => {
  const of7 = { producerId: 7n, producerEpoch: 0, baseSequence: 0, isTransactional: true };
  const log = [batch(0, 'a=1'), batch(1, 'a=2', of7), marker(2, 7n, 'abort'), batch(3, 'b=1')];
  const aborted = [{ producerId: 7n, firstOffset: 1, lastOffset: 2, lastStableOffset: 3 }];
  const first = await compactLog(log, task(log, { aborted }));
  assert.deepEqual((await texts(first.batches)).length, 3);
  assert.equal(B.isControl(first.batches[1] as Buffer, 0), true);
  assert.equal(B.hasDeleteHorizon(first.batches[1] as Buffer, 0), false);
  assert.deepEqual(first.aborted, aborted);
  const second = await compactLog(first.batches, task(first.batches, { aborted, firstDirtyOffset: 4 }));
  assert.equal(B.baseTimestamp(second.batches[1] as Buffer, 0), NOW_MS + 1000);
  assert.deepEqual(second.aborted, []);
  const third = await compactLog(second.batches, task(second.batches, { firstDirtyOffset: 4, nowMs: NOW_MS + 1000 }));
  assert.deepEqual(await texts(third.batches), ['0 a=1', '3 b=1']);
});

test('an aborted transaction that ended before the dirty part does not take later records of its producer with it', async () => {
  const of7 = { producerId: 7n, producerEpoch: 0, isTransactional: true };
  const log = [batch(2, 'b=1', { ...of7, baseSequence: 3 }), batch(3, 'c=1'), marker(4, 7n, 'commit')];
  const aborted = [{ producerId: 7n, firstOffset: 0, lastOffset: 1, lastStableOffset: 2 }];
  const { batches } = await compactLog(log, task(log, { aborted, firstDirtyOffset: 2 }));
  assert.deepEqual((await texts(batches)).slice(0, 2), ['2 b=1', '3 c=1']);
});

test('a batch that is damaged, and all behind it, stays as it is, and the stream is said to be bad', async () => {
  const log = [batch(0, 'a=1'), batch(1, 'b=1'), batch(2, 'a=2 b=2')];
  (log[1] as Buffer).writeUInt8(0x7a, 68);
  const dirty = await compactLog(log, task(log));
  assert.deepEqual(dirty.batches, log);
  assert.match(dirty.outcome.problem ?? '', /offset 1 .*checksum/);
  assert.equal(dirty.outcome.cleanedEnd, 0);
  const clean = await compactLog(log, task(log, { firstDirtyOffset: 2 }));
  assert.deepEqual(clean.batches, log.slice(1), 'what came before the damage was done with');
  assert.equal(clean.outcome.cleanedEnd, 2);
});

test('records that do not fit their batch make the stream a bad one, whatever the checksum says', async () => {
  const log = [batch(0, 'a=1'), batch(1, 'b=1 c=1')];
  (log[1] as Buffer).writeInt32BE(5, B.BatchField.RECORDS_COUNT);
  B.patchCrc(log[1] as Buffer, 0);
  const { batches, outcome } = await compactLog(log, task(log));
  assert.deepEqual(batches, log);
  assert.match(outcome.problem ?? '', /offset 1/);
});

test('offset deltas that lie outside their batch do not hide later records', async () => {
  const liar = buildBatch([record('a=1'), record('b=1')], { baseOffset: 0, offsetDeltas: [0, 900] });
  liar.writeInt32BE(1, B.BatchField.LAST_OFFSET_DELTA);
  B.patchCrc(liar, 0);
  const log = [liar, batch(2, 'b=2'), batch(3, 'a=2')];
  const { batches } = await compactLog(log, task(log));
  assert.deepEqual(await texts(batches), ['2 b=2', '3 a=2']);
});

test('a compressed batch is written with its own codec, and the same bytes if it keeps all', async () => {
  for (const compression of [1, 2, 3, 4] as const) {
    const records = ['a=1', 'b=1', 'c=1'].map((text) => record(text));
    const whole = await buildCompressedBatch(records.slice(2), { compression, baseOffset: 3 });
    const log = [await buildCompressedBatch(records, { compression, baseOffset: 0 }), whole, batch(4, 'a=2')];
    const { batches } = await compactLog(log, task(log));
    assert.deepEqual(await texts(batches), ['1 b=1', '3 c=1', '4 a=2']);
    assert.equal(B.compressionCodec(batches[0] as Buffer, 0), compression);
    assert.equal(batches[1], whole);
  }
});

test('a batch of very many records is gone through in steps, and becomes what it becomes at once', async () => {
  const count = 50_000;
  const records = Array.from({ length: count }, (_, i) => record(`k${i % 45_000}=${i}`));
  for (const compression of [0, 4] as const) {
    const log = [await buildCompressedBatch(records, { compression, baseOffset: 0 })];
    const [atOnce, inSteps] = [new OffsetMap(SECRET), new OffsetMap(SECRET)];
    let pauses = 0;
    const pause = (): Promise<void> => Promise.resolve(void pauses++);
    const wide = task(log, { mapBytes: 16 * 1024 * 1024 });
    const expected = await compactLog(log, wide, atOnce);
    assert.deepEqual(await compactLog(log, wide, inSteps, pause), expected);
    assert.equal(expected.outcome.counts.recordsAfter, 45_000);
    // Both passes look at each record, and what stays is written.
    assert.ok(pauses >= 2 + 2 + 2, `${pauses} pauses`);
  }
});

test('a long batch that is damaged in a later step stays as it is, and makes the stream a bad one', async () => {
  const records = Array.from({ length: 50_000 }, (_, i) => record(`k=${i}`));
  const damaged = buildBatch(records, { baseOffset: 0 });
  damaged.writeInt32BE(records.length - 1, B.BatchField.RECORDS_COUNT);
  B.patchCrc(damaged, 0);
  const { batches, outcome } = await compactLog([damaged], task([damaged]), new OffsetMap(SECRET), () =>
    Promise.resolve(),
  );
  assert.equal(batches[0], damaged);
  assert.match(outcome.problem ?? '', /offset 0 cannot be read/);
});

test('a batch that expands to too much is kept whole and not held in memory', async () => {
  const body = gzipSync(Buffer.alloc(200 * 1024 * 1024));
  const bomb = Buffer.concat([batch(1, 'x=1').subarray(0, B.BATCH_OVERHEAD), body]);
  bomb.writeInt32BE(bomb.length - 12, B.BatchField.BATCH_LENGTH);
  bomb.writeUInt16BE(1, B.BatchField.ATTRIBUTES);
  B.patchCrc(bomb, 0);
  const log = [batch(0, 'a=1'), bomb, batch(2, 'a=2')];
  const { batches, outcome } = await compactLog(log, task(log));
  assert.equal(batches.length, 2);
  assert.equal(batches[0], bomb);
  assert.equal(outcome.counts.largeBatches, 1);
  assert.equal(outcome.problem, null);
});

test('with LogAppendTime all records keep the time of the append, with a horizon too', async () => {
  const log = [batch(0, 'a=1 b c=1', { logAppendTimeMs: TIME_MS + 77 }), batch(3, 'a=2')];
  const { batches } = await compactLog(log, task(log));
  const [held] = batches as [Buffer];
  assert.equal(B.timestampType(held, 0), 1);
  assert.equal(B.maxTimestamp(held, 0), TIME_MS + 77);
  assert.equal(B.baseTimestamp(held, 0), NOW_MS + 1000);
  assert.deepEqual(
    (await decodeRecords(held)).map(({ timestampMs }) => timestampMs),
    [TIME_MS + 77, TIME_MS + 77],
  );
});

test('times that no number holds exactly stay bit by bit, and get no horizon', async () => {
  const odd = batch(0, 'a=1 b c=1');
  odd.writeBigInt64BE(-9_223_372_036_854_775_801n, B.BatchField.BASE_TIMESTAMP);
  odd.writeBigInt64BE(9_223_372_036_854_775_803n, B.BatchField.MAX_TIMESTAMP);
  B.patchCrc(odd, 0);
  const log = [odd, batch(3, 'a=2')];
  const { batches } = await compactLog(log, task(log));
  assert.deepEqual(await texts(batches), ['1 b', '2 c=1', '3 a=2']);
  const [held] = batches as [Buffer];
  assert.equal(held.readBigInt64BE(B.BatchField.BASE_TIMESTAMP), -9_223_372_036_854_775_801n);
  assert.equal(held.readBigInt64BE(B.BatchField.MAX_TIMESTAMP), 9_223_372_036_854_775_803n);
  assert.equal(B.hasDeleteHorizon(held, 0), false);
});

test('however small the map, passes come to the same as one with a large map, and remember no key wrongly', async () => {
  for (let seed = 0; seed < 30; seed++) {
    const random = seededRandom(seed);
    const log: Buffer[] = [];
    let end = 0;
    for (let i = 0; i < 60; i++) {
      const count = 1 + random.int(6);
      const words = Array.from({ length: count }, (_, at) => `k${random.int(40)}=${end + at}`);
      log.push(batch(end, words.join(' ')));
      end += count;
    }
    const whole = await compactLog(log, task(log));
    let batches: readonly Buffer[] = log;
    let passes = 0;
    for (let from = 0; from < end; passes++) {
      const bounds = { mapBytes: 24 * (3 + random.int(8)), mapLoadFactor: 0.7 };
      const pass: CompactedLog = await compactLog(batches, task(log, { firstDirtyOffset: from, ...bounds }));
      assert.ok(pass.outcome.cleanedEnd > from, 'a pass gets on');
      batches = pass.batches;
      from = pass.outcome.cleanedEnd;
    }
    assert.ok(passes > 3);
    assert.deepEqual(await texts(batches), await texts(whole.batches), `seed ${seed}`);
  }
});
