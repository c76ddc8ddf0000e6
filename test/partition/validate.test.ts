/** Every check on a produced batch, in Kafka's order and with Kafka's codes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, errorName } from '../../protocol/errors.ts';
import { BatchAttribute, BatchField, LOG_OVERHEAD, patchCrc, writeInt64 } from '../../protocol/records/batch.ts';
import { buildBatch } from '../../protocol/records/build.ts';
import { plainSlice } from '../../src/base/counted.ts';
import { InvalidRecordsError } from '../../src/partition/types.ts';
import { CLIENT, COORDINATOR, NOW, batch, openPartition, sequenced, type OpenOptions } from '../support/partitions.ts';

/** A batch of two records, changed and with a checksum that fits again. */
function changed(change: (bytes: Buffer) => void, count = 2): Buffer {
  const { bytes } = batch(count);
  change(bytes);
  patchCrc(bytes, 0);
  return bytes;
}

function setAttributes(bits: number): (bytes: Buffer) => void {
  return (bytes) => void bytes.writeUInt16BE(bits, BatchField.ATTRIBUTES);
}

interface Case {
  readonly what: string;
  readonly bytes: Buffer;
  readonly code: number;
  readonly version?: number;
  readonly open?: OpenOptions;
}

const good = batch(2).bytes;
const magic1 = Buffer.from('00000000000000000000001839268c3301000000018bcfe56800000000016b0000000176', 'hex');

const cases: readonly Case[] = [
  { what: 'no bytes', bytes: Buffer.alloc(0), code: ErrorCode.INVALID_RECORD },
  { what: 'a few bytes', bytes: good.subarray(0, 11), code: ErrorCode.INVALID_RECORD },
  { what: 'a batch cut off in its header', bytes: good.subarray(0, 16), code: ErrorCode.INVALID_RECORD },
  { what: 'a batch cut off in its records', bytes: good.subarray(0, good.length - 1), code: ErrorCode.INVALID_RECORD },
  {
    what: 'a length below any batch',
    bytes: changed((bytes) => void bytes.writeInt32BE(100, 8)).fill(0, 8, 12),
    code: ErrorCode.CORRUPT_MESSAGE,
  },
  {
    what: 'an unknown magic',
    bytes: changed((bytes) => void bytes.writeInt8(3, BatchField.MAGIC)),
    code: ErrorCode.CORRUPT_MESSAGE,
  },
  { what: 'magic 1', bytes: magic1, code: ErrorCode.INVALID_RECORD },
  { what: 'two batches', bytes: Buffer.concat([good, good]), code: ErrorCode.INVALID_RECORD },
  {
    what: 'a second batch with a broken length',
    bytes: Buffer.concat([good, Buffer.alloc(12)]),
    code: ErrorCode.CORRUPT_MESSAGE,
  },
  {
    what: 'zstd in Produce v6',
    bytes: changed(setAttributes(4)),
    version: 6,
    code: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
  },
  {
    what: 'a base offset that is not 0',
    bytes: changed((bytes) => writeInt64(bytes, 1, 0)),
    code: ErrorCode.INVALID_RECORD,
  },
  {
    what: 'more than max.message.bytes',
    bytes: good,
    open: { configs: { 'max.message.bytes': String(good.length - 1) } },
    code: ErrorCode.MESSAGE_TOO_LARGE,
  },
  {
    what: 'a wrong checksum',
    bytes: Buffer.concat([good.subarray(0, 70), Buffer.from([(good[70] ?? 0) ^ 1]), good.subarray(71)]),
    code: ErrorCode.CORRUPT_MESSAGE,
  },
  {
    what: 'a batch shorter than its header',
    bytes: Buffer.from(changed((bytes) => void bytes.writeInt32BE(30, 8)).subarray(0, 30 + LOG_OVERHEAD)),
    code: ErrorCode.CORRUPT_MESSAGE,
  },
  { what: 'codec 5', bytes: changed(setAttributes(5)), code: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE },
  {
    what: 'no offsets covered',
    bytes: changed((bytes) => void bytes.writeInt32BE(-1, BatchField.LAST_OFFSET_DELTA)),
    code: ErrorCode.INVALID_RECORD,
  },
  {
    what: 'no records',
    bytes: changed((bytes) => void bytes.writeInt32BE(0, BatchField.RECORDS_COUNT)),
    code: ErrorCode.INVALID_RECORD,
  },
  {
    what: 'another count than offsets',
    bytes: changed((bytes) => void bytes.writeInt32BE(3, BatchField.RECORDS_COUNT)),
    code: ErrorCode.INVALID_RECORD,
  },
  { what: 'a control batch', bytes: changed(setAttributes(BatchAttribute.CONTROL)), code: ErrorCode.INVALID_RECORD },
  {
    what: 'a producer id without a sequence',
    bytes: changed((bytes) => void bytes.writeBigInt64BE(9n, BatchField.PRODUCER_ID)),
    code: ErrorCode.INVALID_RECORD,
  },
  {
    what: 'a timestamp too far ahead',
    bytes: batch(1, {}, NOW + 3_600_001).bytes,
    code: ErrorCode.INVALID_TIMESTAMP,
  },
  {
    what: 'a first timestamp too long ago',
    bytes: batch(1, {}, NOW - 1001).bytes,
    open: { configs: { 'message.timestamp.before.max.ms': '1000' } },
    code: ErrorCode.INVALID_TIMESTAMP,
  },
  {
    what: 'the timestamp type LogAppendTime on such a topic',
    bytes: changed(setAttributes(BatchAttribute.LOG_APPEND_TIME)),
    open: { configs: { 'message.timestamp.type': 'LogAppendTime' } },
    code: ErrorCode.INVALID_TIMESTAMP,
  },
  {
    what: 'the timestamp type LogAppendTime without a time',
    bytes: changed((bytes) => {
      setAttributes(BatchAttribute.LOG_APPEND_TIME)(bytes);
      writeInt64(bytes, -1, BatchField.MAX_TIMESTAMP);
    }),
    code: ErrorCode.INVALID_TIMESTAMP,
  },
];

for (const { what, bytes, code, version, open } of cases) {
  test(`${what} is answered with ${errorName(code)} and leaves the log as it is`, async () => {
    const { log, engine } = openPartition(open);
    const options = { ...CLIENT, produceVersion: version ?? 13 };
    await log.ready();
    assert.throws(() => log.append(plainSlice(Buffer.from(bytes)), options), { code });
    assert.equal(log.logEndOffset, 0);
    assert.equal(engine.queued.length, 0);
  });
}

test('a batch larger than segment.bytes is answered with RECORD_LIST_TOO_LARGE', () => {
  const { log } = openPartition({ configs: { 'segment.bytes': '1048576', 'max.message.bytes': '2097152' } });
  const large = buildBatch([{ key: null, value: Buffer.alloc(1_048_576), timestampMs: NOW }]);
  assert.throws(() => log.append(plainSlice(large), CLIENT), { code: ErrorCode.RECORD_LIST_TOO_LARGE });
});

test('timestamps on the bounds, and no timestamp at all, are taken', () => {
  const { log } = openPartition({
    configs: { 'message.timestamp.before.max.ms': '1000', 'message.timestamp.after.max.ms': '500' },
  });
  for (const timestampMs of [NOW - 1000, NOW + 500, -1]) log.append(batch(1, {}, timestampMs), CLIENT);
  assert.equal(log.logEndOffset, 3);
});

test('timestamps that no number holds exactly do not trip the broker', async () => {
  const { log } = openPartition({ configs: { 'message.timestamp.after.max.ms': '9223372036854775807' } });
  const slice = sequenced(0);
  slice.bytes.writeBigInt64BE(2n ** 63n - 1n, BatchField.MAX_TIMESTAMP);
  patchCrc(slice.bytes, 0);
  await log.ready();
  assert.equal(log.append(slice, CLIENT).endOffset, 1);
});

test('bytes after the batch that are no whole batch are not stored', async () => {
  const { log, engine } = openPartition();
  log.append(plainSlice(Buffer.concat([good, good.subarray(0, 40)])), CLIENT);
  await Promise.resolve();
  assert.equal(engine.streams.get(1)?.batches[0]?.bytes.length, good.length);
});

test('LogAppendTime claimed on a topic with CreateTime is stored as CreateTime', () => {
  const { log, engine } = openPartition();
  log.append(plainSlice(changed(setAttributes(BatchAttribute.LOG_APPEND_TIME))), CLIENT);
  assert.equal(engine.streams.get(1)?.batches[0]?.bytes.readUInt16BE(BatchField.ATTRIBUTES), 0);
});

test('a timestamp error names a record', () => {
  const { log } = openPartition();
  assert.throws(
    () => log.append(batch(1, {}, NOW + 3_600_001), CLIENT),
    (error: unknown) => error instanceof InvalidRecordsError && error.recordErrors[0]?.batchIndex === 0,
  );
});

test('a coordinator may append control and transactional batches, of any producer', async () => {
  const { log } = openPartition();
  await log.ready();
  const marker = batch(1, { isControl: true, isTransactional: true, producerId: 3n, producerEpoch: 0 });
  assert.equal(log.append(marker, COORDINATOR).endOffset, 1);
  assert.throws(() => log.append(plainSlice(Buffer.concat([good, good])), COORDINATOR), {
    code: ErrorCode.CORRUPT_MESSAGE,
  });
});
