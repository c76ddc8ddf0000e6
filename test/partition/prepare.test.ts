/** Batches whose records are looked at or re-encoded before they are appended. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  BatchField,
  CompressionCodec,
  compressionCodec,
  maxTimestamp,
  patchCrc,
  producerId,
  verifyCrc,
  writeInt64,
} from '../../protocol/records/batch.ts';
import { type NewRecord, buildBatch, buildCompressedBatch } from '../../protocol/records/build.ts';
import { decodeRecords } from '../../protocol/records/iterate.ts';
import { plainSlice } from '../../src/base/counted.ts';
import { InvalidRecordsError } from '../../src/partition/types.ts';
import {
  CLIENT,
  COORDINATOR,
  NOW,
  batch,
  openPartition,
  produce,
  records,
  type OpenOptions,
} from '../support/partitions.ts';

async function stored(options: OpenOptions, slice = batch(5)): Promise<Buffer> {
  const { log, engine } = openPartition(options);
  await produce(log, slice);
  return engine.streams.get(1)?.batches[0]?.bytes ?? Buffer.alloc(0);
}

/** The record errors with which a batch is refused. */
async function refusal(options: OpenOptions, made: readonly NewRecord[]): Promise<{ code: number; indexes: number[] }> {
  const { log } = openPartition(options);
  let refused: { code: number; indexes: number[] } | undefined;
  await produce(log, plainSlice(buildBatch(made))).catch((error: unknown) => {
    assert.ok(error instanceof InvalidRecordsError);
    refused = { code: error.code, indexes: error.recordErrors.map(({ batchIndex }) => batchIndex) };
  });
  assert.equal(log.logEndOffset, 0);
  assert.ok(refused !== undefined);
  return refused;
}

test('a plain topic takes batches as they are, compressed or not', async () => {
  const { log } = openPartition();
  const compressed = plainSlice(await buildCompressedBatch(records(3), { compression: CompressionCodec.ZSTD }));
  for (const slice of [batch(3), compressed, plainSlice(Buffer.alloc(3))])
    assert.equal(log.prepare(slice, CLIENT), null);
});

test('compression.type re-encodes what comes in another codec, and keeps records and header', async () => {
  for (const type of ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    for (const source of Object.values(CompressionCodec)) {
      const options = { compression: source, producerId: 9n, producerEpoch: 1, baseSequence: 0 };
      const slice = plainSlice(await buildCompressedBatch(records(20), options));
      const bytes = await stored({ configs: { 'compression.type': type } }, slice);
      const names = ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'];
      assert.equal(names[compressionCodec(bytes, 0)], type);
      assert.equal(verifyCrc(bytes, 0), true);
      assert.equal(producerId(bytes, 0), 9n);
      assert.deepEqual(
        (await decodeRecords(bytes)).map(({ key, value, timestampMs }) => ({ key, value, timestampMs })),
        records(20),
      );
    }
  }
});

test('a batch that is already in the codec of the topic is not touched', async () => {
  const { log } = openPartition({ configs: { 'compression.type': 'gzip' } });
  assert.equal(
    log.prepare(plainSlice(await buildCompressedBatch(records(3), { compression: CompressionCodec.GZIP })), CLIENT),
    null,
  );
});

test('a batch that grows beyond max.message.bytes when it is expanded is refused', async () => {
  const value = Buffer.alloc(5000, 'a');
  const compressed = await buildCompressedBatch([{ key: null, value, timestampMs: NOW }], { compression: 1 });
  const { log } = openPartition({ configs: { 'compression.type': 'uncompressed', 'max.message.bytes': '1000' } });
  await assert.rejects(produce(log, plainSlice(compressed)), { code: ErrorCode.MESSAGE_TOO_LARGE });
});

test('a record beyond max.decompressed.message.bytes is refused in a compressed batch, on any topic', async () => {
  const sized = (bytes: number): NewRecord[] => [{ key: null, value: Buffer.alloc(bytes, 'a'), timestampMs: NOW }];
  const compressed = async (made: readonly NewRecord[]) =>
    plainSlice(await buildCompressedBatch(made, { compression: CompressionCodec.ZSTD }));
  for (const policy of ['delete', 'compact']) {
    const configs = { 'cleanup.policy': policy, 'max.decompressed.message.bytes': '2000' };
    const keyed = (bytes: number) => sized(bytes).map((record) => ({ ...record, key: Buffer.from('k') }));
    const { log } = openPartition({ configs });
    await assert.rejects(produce(log, await compressed(keyed(2000))), { code: ErrorCode.INVALID_RECORD });
    await produce(log, await compressed([...keyed(1900), ...keyed(1900)]));
    await produce(log, plainSlice(buildBatch(keyed(2000))));
    assert.equal(log.logEndOffset, 3);
  }
});

test('a batch that expands beyond 128 MiB is refused', async () => {
  const value = Buffer.alloc(129 << 20);
  const compressed = await buildCompressedBatch([{ key: value, value: null, timestampMs: NOW }], { compression: 4 });
  const { log } = openPartition({ configs: { 'cleanup.policy': 'compact' } });
  await assert.rejects(produce(log, plainSlice(compressed)), { code: ErrorCode.INVALID_RECORD });
});

test('a compacted topic wants a key in every record, and names those without', async () => {
  const options = { configs: { 'cleanup.policy': 'compact' } };
  const keyless = records(4).map((record, i) => (i % 2 === 1 ? { ...record, key: null } : record));
  assert.deepEqual(await refusal(options, keyless), { code: ErrorCode.INVALID_RECORD, indexes: [1, 3] });
  assert.ok((await stored(options)).length > 0);
});

test('records with timestamps out of bounds are named, and outweigh other errors', async () => {
  const made = records(5).map((record, i) => ({ ...record, timestampMs: i > 2 ? NOW + 3_600_001 : NOW }));
  assert.deepEqual(await refusal({}, made), { code: ErrorCode.INVALID_TIMESTAMP, indexes: [3, 4] });
  const keyless = made.map((record, i) => (i === 0 ? { ...record, key: null } : record));
  const options = { configs: { 'cleanup.policy': 'compact' } };
  assert.deepEqual(await refusal(options, keyless), { code: ErrorCode.INVALID_TIMESTAMP, indexes: [0, 3, 4] });
});

test('a record too old for the topic is found between others, in compressed batches too', async () => {
  const configs = { 'message.timestamp.before.max.ms': '1000' };
  const made = records(3).map((record, i) => ({ ...record, timestampMs: i === 1 ? NOW - 1001 : NOW }));
  assert.deepEqual(await refusal({ configs }, made), { code: ErrorCode.INVALID_TIMESTAMP, indexes: [1] });
  const { log } = openPartition({ configs });
  const compressed = plainSlice(await buildCompressedBatch(made, { compression: CompressionCodec.ZSTD }));
  await assert.rejects(produce(log, compressed), { code: ErrorCode.INVALID_TIMESTAMP });
  assert.equal(log.prepare(plainSlice(buildBatch(made.slice(0, 1))), CLIENT), null);
  const stamped = openPartition({ configs: { ...configs, 'message.timestamp.type': 'LogAppendTime' } });
  assert.equal(stamped.log.prepare(plainSlice(buildBatch(made)), CLIENT), null);
});

test('LogAppendTime from a producer is refused for every record, on topics of that type', async () => {
  const { log } = openPartition({ configs: { 'message.timestamp.type': 'LogAppendTime' } });
  const slice = batch(3, { logAppendTimeMs: NOW });
  await assert.rejects(
    produce(log, slice),
    (error: unknown) =>
      error instanceof InvalidRecordsError &&
      error.code === ErrorCode.INVALID_TIMESTAMP &&
      error.recordErrors.length === 3,
  );
});

test('walka.validate.records finds what the header does not show', async () => {
  const options = { validateRecords: true };
  const cases: [string, (bytes: Buffer) => void][] = [
    ['records that do not parse', (bytes) => void bytes.fill(0xff, 62)],
    [
      'a count that is too large',
      (bytes) => {
        bytes.writeInt32BE(6, BatchField.RECORDS_COUNT);
        bytes.writeInt32BE(5, BatchField.LAST_OFFSET_DELTA);
      },
    ],
    [
      'a count that is too small',
      (bytes) => {
        bytes.writeInt32BE(4, BatchField.RECORDS_COUNT);
        bytes.writeInt32BE(3, BatchField.LAST_OFFSET_DELTA);
      },
    ],
  ];
  for (const [what, change] of cases) {
    const slice = batch(5);
    change(slice.bytes);
    patchCrc(slice.bytes, 0);
    await assert.rejects(stored(options, slice), { code: ErrorCode.INVALID_RECORD }, what);
  }
  const gaps = plainSlice(buildBatch(records(3), { offsetDeltas: [0, 2, 2] }));
  await assert.rejects(stored(options, gaps), { code: ErrorCode.INVALID_RECORD });
  assert.ok((await stored(options)).length > 0);
});

test('a largest timestamp that the records do not have is corrected when they are looked at', async () => {
  const slice = batch(2);
  writeInt64(slice.bytes, NOW + 77, BatchField.MAX_TIMESTAMP);
  patchCrc(slice.bytes, 0);
  const bytes = await stored({ validateRecords: true }, slice);
  assert.equal(maxTimestamp(bytes, 0), NOW);
  assert.equal(verifyCrc(bytes, 0), true);
});

test('damaged batches are refused before anything is expanded, and coordinators go straight in', async () => {
  const { log } = openPartition({ configs: { 'cleanup.policy': 'compact' } });
  const slice = batch(2);
  slice.bytes[80] = (slice.bytes[80] ?? 0) ^ 1;
  await assert.rejects(produce(log, slice), { code: ErrorCode.CORRUPT_MESSAGE });
  assert.equal(log.prepare(batch(1), COORDINATOR), null);
});
