/** Whole records out of pieces that end anywhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../protocol/errors.ts';
import { BATCH_OVERHEAD } from '../../../protocol/records/batch.ts';
import { buildBatch } from '../../../protocol/records/build.ts';
import { RecordPieces } from '../../../protocol/records/record-pieces.ts';
import { writeVarint } from '../../../protocol/records/varint.ts';

test('wherever pieces end, each record comes once', () => {
  const records = [0, 1, 100, 5000].map((size) => ({ key: null, value: Buffer.alloc(size, 'v'), timestampMs: 0 }));
  const body = buildBatch(records).subarray(BATCH_OVERHEAD);
  for (const pieceBytes of [1, 7, 1000, body.length]) {
    const pieces = new RecordPieces(records.length);
    const found: number[] = [];
    for (let at = 0; at < body.length; at += pieceBytes) {
      const cursor = pieces.take(body.subarray(at, at + pieceBytes))?.cursor;
      while (cursor?.next() === true) found.push(cursor.valueLength);
    }
    pieces.finish();
    assert.deepEqual(found, [0, 1, 100, 5000]);
  }
});

test('a record that states more than may be held is refused with its first bytes', () => {
  const stating = (byteLength: number): Buffer => {
    const piece = Buffer.alloc(64);
    writeVarint(piece, byteLength, 0);
    return piece;
  };
  // As much as a broker takes unless it is set to more.
  assert.equal(new RecordPieces(1).take(stating(128 * 1024 * 1024)), null);
  assert.throws(() => new RecordPieces(1).take(stating(2 ** 31 - 1)), { code: ErrorCode.INVALID_RECORD });
});
