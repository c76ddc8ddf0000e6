/** Record batches against bytes that other implementations read and write. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c, tableCrc32c } from '../../../protocol/crc32c.ts';
import * as batch from '../../../protocol/records/batch.ts';
import { buildBatch } from '../../../protocol/records/build.ts';
import { batchPositions, decodeRecordsSync } from '../../../protocol/records/iterate.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

const ONE_RECORD = hex(
  '00000000000000000000003affffffff02e99b8dd80000000000000000018bcfe568000000018bcfe56800ffffffffffffffffffffffffffff0000000110000000026b027600',
);
const TWO_RECORDS = hex(
  '000000000000000000000045ffffffff02e40e8f4b0000000000010000018bcfe568000000018bcfe568050000000000001092000300000007000000021600000001026102026802780e000a02026b0100',
);
const COMMIT_MARKER = hex(
  '0000000000000009000000420000000202b63f77920030000000000000018bcfe5680a0000018bcfe5680a00000000000010920003ffffffff000000012000000008000000010c00000000000500',
);
const ABORT_MARKER = hex(
  '00000000000000090000004200000002024201a1da0030000000000000018bcfe5680a0000018bcfe5680a00000000000010920003ffffffff000000012000000008000000000c00000000000500',
);
const TS = 1_700_000_000_000;
const text = (value: string): Buffer => Buffer.from(value);

test('CRC-32C gives the standard check value, by the native module and by the table', () => {
  assert.equal(crc32c(text('123456789')), 0xe3069283);
  assert.equal(tableCrc32c(text('123456789')), 0xe3069283);
  assert.equal(tableCrc32c(text('6789'), tableCrc32c(text('12345'))), 0xe3069283);
  assert.equal(crc32c(text('6789'), crc32c(text('12345'))), 0xe3069283);
});

test('a batch of one record has the bytes that other implementations write', () => {
  assert.deepEqual(buildBatch([{ key: text('k'), value: text('v'), timestampMs: TS }]), ONE_RECORD);
});

test('a batch with a producer id, headers, a null key and a null value has the bytes others write', () => {
  const built = buildBatch(
    [
      { key: null, value: text('a'), headers: [{ key: 'h', value: text('x') }], timestampMs: TS },
      { key: text('k'), value: null, timestampMs: TS + 5 },
    ],
    { producerId: 4242n, producerEpoch: 3, baseSequence: 7 },
  );
  assert.deepEqual(built, TWO_RECORDS);
  assert.deepEqual(decodeRecordsSync(built), [
    { offset: 0, timestampMs: TS, key: null, value: text('a'), headers: [{ key: 'h', value: text('x') }] },
    { offset: 1, timestampMs: TS + 5, key: text('k'), value: null, headers: [] },
  ]);
});

test('transaction markers have the bytes others write', () => {
  for (const [type, expected] of [
    [0, ABORT_MARKER],
    [1, COMMIT_MARKER],
  ] as const) {
    const built = buildBatch([{ key: hex(`0000000${type}`), value: hex('000000000005'), timestampMs: TS + 10 }], {
      baseOffset: 9,
      leaderEpoch: 2,
      producerId: 4242n,
      producerEpoch: 3,
      isTransactional: true,
      isControl: true,
    });
    assert.deepEqual(built, expected);
    assert.equal(batch.isControl(expected, 0), true);
    assert.equal(batch.isTransactional(expected, 0), true);
  }
});

test('every field of the header is read where it lies, at any position', () => {
  const buffer = Buffer.concat([Buffer.alloc(13, 0xff), TWO_RECORDS]);
  const at = 13;
  assert.equal(batch.baseOffset(buffer, at), 0);
  assert.equal(batch.sizeInBytes(buffer, at), 81);
  assert.equal(batch.batchLength(buffer, at), 69);
  assert.equal(batch.leaderEpoch(buffer, at), -1);
  assert.equal(batch.magic(buffer, at), 2);
  assert.equal(batch.crc(buffer, at), 0xe40e8f4b);
  assert.equal(batch.verifyCrc(buffer, at), true);
  assert.equal(batch.compressionCodec(buffer, at), 0);
  assert.equal(batch.timestampType(buffer, at), 0);
  assert.equal(batch.hasDeleteHorizon(buffer, at), false);
  assert.equal(batch.lastOffsetDelta(buffer, at), 1);
  assert.equal(batch.nextOffset(buffer, at), 2);
  assert.equal(batch.baseTimestamp(buffer, at), TS);
  assert.equal(batch.maxTimestamp(buffer, at), TS + 5);
  assert.equal(batch.hasProducerId(buffer, at), true);
  assert.equal(batch.producerId(buffer, at), 4242n);
  assert.equal(batch.producerEpoch(buffer, at), 3);
  assert.equal(batch.baseSequence(buffer, at), 7);
  assert.equal(batch.lastSequence(buffer, at), 8);
  assert.equal(batch.recordsCount(buffer, at), 2);
  assert.equal(batch.hasProducerId(ONE_RECORD, 0), false);
  assert.equal(batch.producerId(ONE_RECORD, 0), -1n);
  assert.equal(batch.lastSequence(ONE_RECORD, 0), -1);
});

test('patching base offset and leader epoch leaves the CRC valid, setting the append time makes a new one', () => {
  const bytes = Buffer.from(TWO_RECORDS);
  batch.patchBaseOffset(bytes, 0, 2 ** 40 + 3);
  batch.patchLeaderEpoch(bytes, 0, 17);
  assert.equal(batch.baseOffset(bytes, 0), 2 ** 40 + 3);
  assert.equal(batch.leaderEpoch(bytes, 0), 17);
  assert.equal(batch.verifyCrc(bytes, 0), true);
  batch.setMaxTimestamp(bytes, 0, 1, TS + 99);
  assert.equal(batch.timestampType(bytes, 0), 1);
  assert.equal(batch.maxTimestamp(bytes, 0), TS + 99);
  assert.equal(batch.baseTimestamp(bytes, 0), TS);
  assert.equal(batch.verifyCrc(bytes, 0), true);
  assert.deepEqual(
    decodeRecordsSync(bytes).map(({ timestampMs }) => timestampMs),
    [TS + 99, TS + 99],
  );
  bytes[70] = (bytes[70] as number) ^ 1;
  assert.equal(batch.verifyCrc(bytes, 0), false);
});

test('64-bit integers are read and written exactly within 2^53, negative ones too', () => {
  const bytes = Buffer.alloc(8);
  for (const value of [0, 1, -1, 2 ** 32, -(2 ** 32), 2 ** 32 - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
    batch.writeInt64(bytes, value, 0);
    assert.equal(bytes.readBigInt64BE(0), BigInt(value));
    assert.equal(batch.readInt64(bytes, 0), value);
  }
});

test('sequences wrap from 2^31 - 1 to 0', () => {
  assert.equal(batch.addSequence(2 ** 31 - 1, 1), 0);
  assert.equal(batch.addSequence(2 ** 31 - 2, 1), 2 ** 31 - 1);
  const built = buildBatch(
    [1, 2, 3].map(() => ({ key: null, value: null, timestampMs: TS })),
    { producerId: 1n, producerEpoch: 0, baseSequence: 2 ** 31 - 2 },
  );
  assert.equal(batch.lastSequence(built, 0), 0);
});

test('batches that lie back to back are found, and a cut-off one is an error', () => {
  const both = Buffer.concat([ONE_RECORD, TWO_RECORDS]);
  assert.deepEqual([...batchPositions(both)], [0, ONE_RECORD.length]);
  assert.throws(() => [...batchPositions(both.subarray(0, both.length - 1))], { code: 2 });
  assert.throws(() => [...batchPositions(both.subarray(0, ONE_RECORD.length + 20))], { code: 2 });
});
