/** Batches whose records are looked at or re-encoded before they are appended. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  BATCH_OVERHEAD,
  BatchField,
  CompressionCodec,
  LOG_OVERHEAD,
  compressionCodec,
  maxTimestamp,
  patchCrc,
  producerId,
  timestampType,
  verifyCrc,
  writeInt64,
} from '../../protocol/records/batch.ts';
import { type NewRecord, buildBatch, buildCompressedBatch } from '../../protocol/records/build.ts';
import { decodeRecords, decodeRecordsSync } from '../../protocol/records/iterate.ts';
import { renumberRecords } from '../../protocol/records/renumber.ts';
import { turn } from '../../src/base/real-time.ts';
import { RecordWalk } from '../../protocol/records/walk.ts';
import { codecNumbered } from '../../protocol/compression/codecs.ts';
import { plainSlice, type Slice } from '../../src/base/counted.ts';
import { nameRefusedInTurns } from '../../src/partition/check-records.ts';
import { InvalidRecordsError } from '../../src/partition/types.ts';
import { turnsDuring } from '../support/turns-during.ts';
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

const CODECS = [CompressionCodec.GZIP, CompressionCodec.SNAPPY, CompressionCodec.LZ4, CompressionCodec.ZSTD] as const;

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

test('with the header alone, a plain topic takes batches as they are, compressed or not', async () => {
  const { log } = openPartition({ validation: 'header' });
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

test('a batch that is already in the codec of the topic stays as it is', async () => {
  const { log } = openPartition({ configs: { 'compression.type': 'gzip' } });
  const slice = plainSlice(await buildCompressedBatch(records(3), { compression: CompressionCodec.GZIP }));
  const before = Buffer.from(slice.bytes);
  const prepared = await log.prepare(slice, CLIENT);
  assert.equal(prepared?.bytes.buffer, slice.bytes.buffer);
  assert.deepEqual(prepared?.bytes, before);
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
  const stamped = openPartition({ configs: { ...configs, 'message.timestamp.type': 'LogAppendTime' } });
  await produce(stamped.log, plainSlice(buildBatch(made)));
  assert.equal(stamped.log.logEndOffset, 3);
});

test('a record too old for the topic is found beside one without a time, in compressed batches too', async () => {
  const configs = { 'message.timestamp.before.max.ms': '1000' };
  const timed = (...times: readonly number[]) => records(3).map((one, i) => ({ ...one, timestampMs: times[i] ?? -1 }));
  const compressed = async (made: readonly NewRecord[]) =>
    plainSlice(await buildCompressedBatch(made, { compression: CompressionCodec.ZSTD }));
  for (const validation of ['full', 'header'] as const) {
    const refused = { code: ErrorCode.INVALID_TIMESTAMP, indexes: [1] };
    assert.deepEqual(await refusal({ configs, validation }, timed(-1, NOW - 1001, NOW)), refused);
    assert.deepEqual(await refusal({ configs, validation }, timed(NOW, NOW - 1001, -1)), refused);
    const { log } = openPartition({ configs, validation });
    await assert.rejects(produce(log, await compressed(timed(-1, NOW - 1001, NOW))), { code: refused.code });
    await produce(log, await compressed(timed(-1, NOW - 1000, NOW)));
    await produce(log, plainSlice(buildBatch(timed(NOW, -1, NOW - 1000))));
    await produce(log, plainSlice(buildBatch(timed(-1, -1, -1))));
    assert.equal(log.logEndOffset, 9);
  }
});

test('very many records are named and renumbered in turns with others', async () => {
  const count = 250_000;
  const made = Array.from({ length: count }, (_, i) => ({
    key: null,
    value: null,
    timestampMs: i === count - 1 ? NOW + 7_200_000 : NOW,
  }));
  const bytes = buildBatch(made, { offsetDeltas: made.map(() => 0) });
  const body = bytes.subarray(BATCH_OVERHEAD);
  const { config } = openPartition({}).log;
  let named: unknown = null;
  const naming = nameRefusedInTurns(bytes, body, config, NOW).catch((error: unknown) => (named = error));
  assert.ok((await turnsDuring(naming)) >= 1);
  assert.ok(named instanceof InvalidRecordsError);
  assert.deepEqual(
    named.recordErrors.map(({ batchIndex }) => batchIndex),
    [count - 1],
  );
  let renumbered: Buffer = Buffer.alloc(0);
  const renumbering = renumberRecords(body, count, false, turn).then((done) => (renumbered = done));
  assert.ok((await turnsDuring(renumbering)) >= 3);
  const walk = new RecordWalk();
  walk.begin(count);
  walk.finish(renumbered.length - walk.walk(renumbered, 0, renumbered.length));
  assert.equal(walk.isInOrder, true);
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

/** A batch of five records, changed; its checksum is right. */
function changed(change: (bytes: Buffer) => void): Slice {
  const slice = batch(5);
  change(slice.bytes);
  patchCrc(slice.bytes, 0);
  return slice;
}

const lies: Readonly<Record<string, (bytes: Buffer) => void>> = {
  'records that do not parse': (bytes) => void bytes.fill(0xff, 62),
  'a count that is too large': (bytes) => {
    bytes.writeInt32BE(6, BatchField.RECORDS_COUNT);
    bytes.writeInt32BE(5, BatchField.LAST_OFFSET_DELTA);
  },
  'a count that is too small': (bytes) => {
    bytes.writeInt32BE(4, BatchField.RECORDS_COUNT);
    bytes.writeInt32BE(3, BatchField.LAST_OFFSET_DELTA);
  },
};

for (const [what, change] of Object.entries(lies)) {
  test(`${what}: refused, unless walka.validate.records=header`, async () => {
    await assert.rejects(stored({}, changed(change)), { code: ErrorCode.INVALID_RECORD });
    assert.ok((await stored({ validation: 'header' }, changed(change))).length > 0);
  });

  test(`${what}, compressed: refused, unless walka.validate.records=header`, async () => {
    for (const codec of CODECS) {
      const lie = changed(change).bytes;
      const compressed = await buildCompressedBatch(records(5), { compression: codec });
      const body = await (await codecNumbered(codec)).compress(lie.subarray(BATCH_OVERHEAD));
      const bytes = Buffer.concat([compressed.subarray(0, BATCH_OVERHEAD), body]);
      lie.copy(bytes, BatchField.LAST_OFFSET_DELTA, BatchField.LAST_OFFSET_DELTA, BatchField.BASE_TIMESTAMP);
      lie.copy(bytes, BatchField.RECORDS_COUNT, BatchField.RECORDS_COUNT, BATCH_OVERHEAD);
      bytes.writeInt32BE(bytes.length - LOG_OVERHEAD, BatchField.BATCH_LENGTH);
      patchCrc(bytes, 0);
      await assert.rejects(stored({}, plainSlice(Buffer.from(bytes))), { code: ErrorCode.INVALID_RECORD });
      assert.ok((await stored({ validation: 'header' }, plainSlice(bytes))).length > 0);
    }
  });
}

test('a header without a key is refused, wherever it comes from', async () => {
  const made = records(3).map((record) => ({ ...record, headers: [{ key: '', value: null }] }));
  for (const compression of [CompressionCodec.NONE, ...CODECS]) {
    const plain = buildBatch(made);
    // The last record ends in: one header, an empty key, a null value.
    assert.deepEqual([...plain.subarray(-3)], [2, 0, 1]);
    assert.ok((await stored({}, plainSlice(await rewrap(plain, compression)))).length > 0);
    plain[plain.length - 2] = 1;
    await assert.rejects(stored({}, plainSlice(await rewrap(plain, compression))), { code: ErrorCode.INVALID_RECORD });
  }
});

/** An uncompressed batch with its records in a codec, whatever they are. */
async function rewrap(plain: Buffer, compression: CompressionCodec): Promise<Buffer> {
  if (compression === CompressionCodec.NONE) {
    patchCrc(plain, 0);
    return plain;
  }
  const body = await (await codecNumbered(compression)).compress(plain.subarray(BATCH_OVERHEAD));
  const bytes = Buffer.concat([plain.subarray(0, BATCH_OVERHEAD), body]);
  bytes.writeUInt16BE(compression, BatchField.ATTRIBUTES);
  bytes.writeInt32BE(bytes.length - LOG_OVERHEAD, BatchField.BATCH_LENGTH);
  patchCrc(bytes, 0);
  return bytes;
}

test('offset deltas are left alone in plain batches, refused in compressed ones and put in order in new ones', async () => {
  const made = records(3);
  const gaps = buildBatch(made, { offsetDeltas: [0, 2, 2] });
  const asItIs = decodeRecordsSync(await stored({}, plainSlice(Buffer.from(gaps))));
  assert.deepEqual(
    asItIs.map(({ offset }) => offset),
    [0, 2, 2],
  );
  for (const compression of CODECS) {
    const compressed = await rewrap(Buffer.from(gaps), compression);
    await assert.rejects(stored({}, plainSlice(Buffer.from(compressed))), { code: ErrorCode.INVALID_RECORD });
    const bytes = await stored({ configs: { 'compression.type': 'uncompressed' } }, plainSlice(compressed));
    assert.equal(verifyCrc(bytes, 0), true);
    assert.deepEqual(
      decodeRecordsSync(bytes).map(({ offset, key, value, timestampMs }) => ({ offset, key, value, timestampMs })),
      made.map(({ key, value, timestampMs }, offset) => ({ offset, key, value, timestampMs })),
    );
  }
});

test('the largest timestamp in the header is that of the records, whatever the producer wrote there', async () => {
  for (const compression of [CompressionCodec.NONE, ...CODECS]) {
    for (const lie of [-1, 0, NOW - 5, NOW + 77]) {
      const made = [NOW, NOW + 9, NOW + 3].map((timestampMs) => ({ key: null, value: null, timestampMs }));
      const bytes = await buildCompressedBatch(made, { compression });
      writeInt64(bytes, lie, BatchField.MAX_TIMESTAMP);
      patchCrc(bytes, 0);
      const after = await stored({}, plainSlice(bytes));
      assert.equal(maxTimestamp(after, 0), NOW + 9);
      assert.equal(verifyCrc(after, 0), true);
    }
  }
});

test('a record ahead of its time behind a sound header is refused, with the range and its setting', async () => {
  const made = [NOW, NOW + 7_200_000].map((timestampMs) => ({ key: null, value: null, timestampMs }));
  const bytes = buildBatch(made);
  writeInt64(bytes, NOW, BatchField.MAX_TIMESTAMP);
  patchCrc(bytes, 0);
  await assert.rejects(stored({}, plainSlice(bytes)), (error: unknown) => {
    assert.ok(error instanceof InvalidRecordsError);
    assert.equal(error.code, ErrorCode.INVALID_TIMESTAMP);
    assert.deepEqual(
      error.recordErrors.map(({ batchIndex }) => batchIndex),
      [1],
    );
    const [first] = error.recordErrors;
    assert.match(
      first?.message ?? '',
      new RegExp(`${NOW + 3_600_000}.*message\\.timestamp\\.after\\.max\\.ms=3600000`),
    );
    return true;
  });
});

test('the time of a batch that claims LogAppendTime counts for each record when it is encoded anew', async () => {
  const made = [NOW - 50, NOW - 40].map((timestampMs) => ({ key: null, value: null, timestampMs }));
  const slice = plainSlice(buildBatch(made, { logAppendTimeMs: NOW - 7 }));
  const bytes = await stored({ configs: { 'compression.type': 'zstd' } }, slice);
  assert.equal(timestampType(bytes, 0), 0);
  assert.equal(maxTimestamp(bytes, 0), NOW - 7);
  const decoded = await decodeRecords(bytes);
  assert.deepEqual(
    decoded.map(({ timestampMs }) => timestampMs),
    [NOW - 7, NOW - 7],
  );
});

test('an old Produce version may write to a topic that stores zstd', async () => {
  const { log, engine } = openPartition({ configs: { 'compression.type': 'zstd' } });
  const slice = plainSlice(await buildCompressedBatch(records(3), { compression: CompressionCodec.LZ4 }));
  await produce(log, slice, { origin: 'client', produceVersion: 3 });
  assert.equal(
    compressionCodec(engine.streams.get(1)?.batches[0]?.bytes ?? Buffer.alloc(100), 0),
    CompressionCodec.ZSTD,
  );
});

test('records that expand to much more than is done at once are checked all the same', async () => {
  const made = Array.from({ length: 300 }, (_, i) => ({
    key: null,
    value: Buffer.alloc(10_000 + i * 30, i),
    timestampMs: NOW + i,
  }));
  for (const compression of CODECS) {
    const good = await buildCompressedBatch(made, { compression });
    writeInt64(good, 0, BatchField.MAX_TIMESTAMP);
    patchCrc(good, 0);
    assert.equal(maxTimestamp(await stored({}, plainSlice(good)), 0), NOW + 299);
    const bad = buildBatch(made);
    bad[bad.length - 1] = 3;
    await assert.rejects(stored({}, plainSlice(await rewrap(bad, compression))), { code: ErrorCode.INVALID_RECORD });
  }
});

test('damaged batches are refused before anything is expanded, and coordinators go straight in', async () => {
  const { log } = openPartition({ configs: { 'cleanup.policy': 'compact' } });
  const slice = batch(2);
  slice.bytes[80] = (slice.bytes[80] ?? 0) ^ 1;
  await assert.rejects(produce(log, slice), { code: ErrorCode.CORRUPT_MESSAGE });
  assert.equal(log.prepare(batch(1), COORDINATOR), null);
});
