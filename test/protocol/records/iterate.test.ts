/** Records against hostile bytes: whatever is in a batch, the reader gives records or one typed error. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { BATCH_OVERHEAD, BatchField } from '../../../protocol/records/batch.ts';
import { type NewRecord, buildBatch } from '../../../protocol/records/build.ts';
import { RecordCursor, decodeRecords, decodeRecordsSync } from '../../../protocol/records/iterate.ts';
import { VarintCursor, varintSize, varlongSize, writeVarint, writeVarlong } from '../../../protocol/records/varint.ts';
import { seededRandom } from '../../../src/base/random.ts';

const invalidRecord = { name: 'KafkaError', code: ErrorCode.INVALID_RECORD };

const body = (hex: string): Buffer => Buffer.from(hex, 'hex');

/** A walk over one record. */
const walk = (bytes: Buffer) => () => {
  const cursor = new RecordCursor(bytes, 1);
  while (cursor.next());
};

function batchOf(count: number): Buffer {
  return buildBatch(
    Array.from({ length: count }, (_, i) => ({
      key: Buffer.from(`key ${i}`),
      value: Buffer.alloc(i, 'v'),
      headers: [{ key: 'name', value: Buffer.from('x') }],
      timestampMs: 1_700_000_000_000 - i,
    })),
  );
}

test('varints have the bytes of the specification, both ways', () => {
  const vectors: [number, string][] = [
    [0, '00'],
    [-1, '01'],
    [1, '02'],
    [-2, '03'],
    [63, '7e'],
    [-64, '7f'],
    [64, '8001'],
    [300, 'd804'],
    [2 ** 31 - 1, 'feffffff0f'],
    [-(2 ** 31), 'ffffffff0f'],
  ];
  for (const [value, hex] of vectors) {
    const bytes = Buffer.alloc(hex.length / 2);
    assert.equal(varintSize(value), bytes.length);
    assert.equal(writeVarint(bytes, value, 0), bytes.length);
    assert.equal(bytes.toString('hex'), hex);
    assert.equal(new VarintCursor(bytes, 0, bytes.length).varint(), value);
    assert.equal(varlongSize(value), bytes.length);
    writeVarlong(bytes, value, 0);
    assert.equal(bytes.toString('hex'), hex);
    assert.equal(new VarintCursor(bytes, 0, bytes.length).varlong(), value);
  }
});

test('varlongs go both ways far beyond 32 bits, and the least 64-bit integer is read', () => {
  const random = seededRandom(5);
  for (let i = 0; i < 2000; i++) {
    const magnitude = Math.floor(2 ** random.int(52) * (random.int(1000) / 1000));
    const value = random.int(2) === 0 ? magnitude : -magnitude;
    const bytes = Buffer.alloc(varlongSize(value));
    assert.equal(writeVarlong(bytes, value, 0), bytes.length);
    assert.equal(new VarintCursor(bytes, 0, bytes.length).varlong(), value === 0 ? 0 : value);
  }
  const least = Buffer.from('ffffffffffffffffff01', 'hex');
  assert.equal(new VarintCursor(least, 0, 10).varlong(), -(2 ** 63));
});

test('varints that are cut off or too long are refused', () => {
  for (const hex of ['', '80', 'ffffffffff01']) {
    const bytes = Buffer.from(hex, 'hex');
    assert.throws(() => new VarintCursor(bytes, 0, bytes.length).varint(), invalidRecord);
  }
  const long = Buffer.alloc(11, 0xff);
  assert.throws(() => new VarintCursor(long, 0, 11).varlong(), invalidRecord);
});

test('random records come back as they were built', () => {
  const random = seededRandom(11);
  const bytesOrNull = (): Buffer | null => (random.int(4) === 0 ? null : random.bytes(random.int(300)));
  for (let round = 0; round < 100; round++) {
    const records: NewRecord[] = Array.from({ length: 1 + random.int(20) }, () => ({
      key: bytesOrNull(),
      value: bytesOrNull(),
      headers: Array.from({ length: random.int(3) }, (_, i) => ({ key: `ключ${i}`, value: bytesOrNull() })),
      timestampMs: 1_700_000_000_000 + random.int(2_000_000) - 1_000_000,
    }));
    const decoded = decodeRecordsSync(buildBatch(records, { baseOffset: 1000 }));
    assert.deepEqual(
      decoded,
      records.map((record, i) => ({ offset: 1000 + i, ...record })),
    );
  }
});

test('a count that does not fit the records is refused, without allocating for it', () => {
  const batch = batchOf(5);
  for (const count of [-1, 4, 6, 2 ** 31 - 1]) {
    batch.writeInt32BE(count, BatchField.RECORDS_COUNT);
    assert.throws(() => decodeRecordsSync(batch), invalidRecord);
  }
});

test('a record that ends before, or goes on after, what its length says is refused', () => {
  for (const change of [-2, 2]) {
    const batch = batchOf(1);
    batch[BATCH_OVERHEAD] = (batch[BATCH_OVERHEAD] ?? 0) + change;
    assert.throws(() => decodeRecordsSync(batch), invalidRecord);
  }
  walk(body('0c00000001010000').subarray(0, 7))();
  assert.throws(walk(body('0c000000010101')), invalidRecord, 'negative header count');
  assert.throws(walk(body('1000000001010201ff')), invalidRecord, 'header without a key');
  assert.throws(walk(body('0c0000007e0100')), invalidRecord, 'a key longer than the record');
  assert.throws(walk(body('00000000000000')), invalidRecord, 'no bytes');
});

test('damaged batches give records or INVALID_RECORD, never anything else', async () => {
  const random = seededRandom(23);
  const whole = batchOf(20);
  for (let i = 0; i < 3000; i++) {
    const bytes = Buffer.from(whole);
    for (let changes = random.int(5); changes >= 0; changes--) {
      bytes[BATCH_OVERHEAD + random.int(bytes.length - BATCH_OVERHEAD)] = random.int(256);
    }
    try {
      for (const { offset, value } of await decodeRecords(bytes)) {
        assert.ok(Number.isSafeInteger(offset), String(offset));
        assert.ok(value === null || bytes.includes(value));
      }
    } catch (error) {
      assert.ok(error instanceof KafkaError, String(error));
      assert.equal(error.code, ErrorCode.INVALID_RECORD);
    }
  }
});
