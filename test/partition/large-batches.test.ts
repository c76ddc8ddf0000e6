/** Large batches that are not compressed: their records are looked at as those of any other, and others have their turn. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  BATCH_OVERHEAD,
  CompressionCodec,
  maxTimestamp,
  recordsCount,
  verifyCrc,
} from '../../protocol/records/batch.ts';
import { buildCompressedBatch } from '../../protocol/records/build.ts';
import { plainSlice, type Slice } from '../../src/base/counted.ts';
import { recordsInPieces } from '../../src/partition/expansions.ts';
import { InvalidRecordsError, PreparedSlice } from '../../src/partition/types.ts';
import { longBatch } from '../support/batches.ts';
import { CLIENT, NOW, openPartition, produce } from '../support/partitions.ts';
import { turnsDuring } from '../support/turns-during.ts';

const MIB = 1024 * 1024;
const configs = { 'max.message.bytes': '100000000' };

/** A partition of a topic that takes large batches. */
function open(topic: Readonly<Record<string, string>> = {}, validation: 'full' | 'header' = 'full') {
  return openPartition({ configs: { ...configs, ...topic }, validation });
}

/** A batch of small records that ends in one of another time, and with or without a key. */
function large(byteLength: number, last: { readonly key?: Buffer | null; readonly timestampMs?: number } = {}): Slice {
  const record = { key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: NOW };
  return plainSlice(longBatch(byteLength, record, { ...record, ...last }));
}

test('the records of a large batch are looked at in turns with others, and the batch stays as it is', async () => {
  const { log, engine } = open();
  const slice = large(20 * MIB);
  const before = Buffer.from(slice.bytes);
  const preparing = Promise.resolve(log.prepare(slice, CLIENT));
  const turns = await turnsDuring(preparing);
  assert.ok(turns >= 4, `it took ${turns} turns`);
  const prepared = await preparing;
  assert.ok(prepared instanceof PreparedSlice);
  assert.equal(prepared.bytes.buffer, slice.bytes.buffer, 'nothing is copied');
  log.append(prepared, CLIENT);
  const stored = engine.streams.get(1)?.batches[0]?.bytes ?? Buffer.alloc(0);
  assert.deepEqual(stored.subarray(BATCH_OVERHEAD), before.subarray(BATCH_OVERHEAD));
  assert.equal(log.logEndOffset, recordsCount(before, 0));
});

test('the largest time of a large batch is found at its end', async () => {
  const { log, engine } = open();
  await produce(log, large(5 * MIB, { timestampMs: NOW + 9 }));
  const stored = engine.streams.get(1)?.batches[0]?.bytes ?? Buffer.alloc(0);
  assert.equal(maxTimestamp(stored, 0), NOW + 9);
  assert.equal(verifyCrc(stored, 0), true);
});

test('what is wrong with the last record of a large batch is found, and named', async () => {
  for (const [topic, last, code] of [
    [{}, { timestampMs: NOW + 7_200_000 }, ErrorCode.INVALID_TIMESTAMP],
    [{ 'cleanup.policy': 'compact' }, { key: null }, ErrorCode.INVALID_RECORD],
  ] as const) {
    const { log } = open(topic);
    const slice = large(5 * MIB, last);
    const count = recordsCount(slice.bytes, 0);
    await assert.rejects(produce(log, slice), (error) => {
      assert.ok(error instanceof InvalidRecordsError);
      assert.equal(error.code, code);
      assert.deepEqual(
        error.recordErrors.map(({ batchIndex }) => batchIndex),
        [count - 1],
      );
      return true;
    });
    assert.equal(log.logEndOffset, 0);
  }
});

test('a large batch with another number of records than it states is refused', async () => {
  const { log } = open();
  const record = { key: null, value: Buffer.alloc(100), timestampMs: NOW };
  const bytes = longBatch(5 * MIB, record, record, { more: 1 });
  await assert.rejects(produce(log, plainSlice(bytes)), { code: ErrorCode.INVALID_RECORD });
  assert.equal(log.logEndOffset, 0);
});

test('where nobody looks at records, a large batch is appended at once', () => {
  assert.equal(open({}, 'header').log.prepare(large(5 * MIB), CLIENT), null);
});

test('many large batches at once take as long as one after the other: a turn looks at some megabytes of all', async () => {
  const preparing = Array.from({ length: 20 }, () => open().log.prepare(large(5 * MIB), CLIENT));
  const turns = await turnsDuring(Promise.all(preparing));
  assert.ok(turns >= 20, `${turns} turns for 100 MiB`);
});

test('records that many look at share the bytes of a turn, whether they are compressed or not', async () => {
  const { bytes } = large(5 * MIB);
  const plain = Array.from({ length: 20 }, () => recordsInPieces(bytes, () => true));
  const plainTurns = await turnsDuring(Promise.all(plain));
  assert.ok(plainTurns >= 20, `${plainTurns} turns for 100 MiB`);
  const record = { key: null, value: Buffer.alloc(1_000_000), timestampMs: NOW };
  const compressed = await buildCompressedBatch([record], { compression: CompressionCodec.GZIP });
  const expanded = Array.from({ length: 60 }, () => recordsInPieces(compressed, () => true));
  const expandedTurns = await turnsDuring(Promise.all(expanded));
  assert.ok(expandedTurns >= 10, `${expandedTurns} turns for 57 MiB`);
});
