/**
 * The header of a record batch, format v2 (KIP-98), read and patched where it lies: every function takes the buffer and
 * the position of the batch in it, so that the hot path makes no objects.
 *
 *   0 baseOffset i64        8 batchLength i32 (bytes after this field)   12 partitionLeaderEpoch i32   16 magic i8
 *  17 crc u32 (CRC-32C of 21..end)   21 attributes i16   23 lastOffsetDelta i32   27 baseTimestamp i64
 *  35 maxTimestamp i64   43 producerId i64   51 producerEpoch i16   53 baseSequence i32   57 recordsCount i32
 *  61 records, compressed as one piece if attributes say so
 *
 * All integers are big-endian. Base offset and leader epoch lie outside the CRC, so patching them is free. The caller
 * makes sure that BATCH_OVERHEAD bytes (and for the CRC sizeInBytes) are there.
 */
import { crc32c } from '../crc32c.ts';

/** Bytes of a batch before its records. */
export const BATCH_OVERHEAD = 61;
/** Bytes before those that batchLength counts. */
export const LOG_OVERHEAD = 12;
/** The only magic stored; what clients bring and fetch in older ones is converted. */
export const MAGIC_V2 = 2;
/** The largest epoch of a producer: none can follow it. */
export const MAX_PRODUCER_EPOCH = 32_767;

/** Positions of the fields in a batch. */
export const BatchField = {
  BASE_OFFSET: 0,
  BATCH_LENGTH: 8,
  LEADER_EPOCH: 12,
  MAGIC: 16,
  CRC: 17,
  ATTRIBUTES: 21,
  LAST_OFFSET_DELTA: 23,
  BASE_TIMESTAMP: 27,
  MAX_TIMESTAMP: 35,
  PRODUCER_ID: 43,
  PRODUCER_EPOCH: 51,
  BASE_SEQUENCE: 53,
  RECORDS_COUNT: 57,
} as const;

/** Bits of the attributes. */
export const BatchAttribute = {
  CODEC_MASK: 0x07,
  LOG_APPEND_TIME: 0x08,
  TRANSACTIONAL: 0x10,
  CONTROL: 0x20,
  DELETE_HORIZON: 0x40,
} as const;

/** Compression codecs by their number in the attributes. */
export const CompressionCodec = { NONE: 0, GZIP: 1, SNAPPY: 2, LZ4: 3, ZSTD: 4 } as const;
export type CompressionCodec = (typeof CompressionCodec)[keyof typeof CompressionCodec];

/** Codecs by the names that clients call them by. */
export const CODECS_BY_NAME = {
  none: CompressionCodec.NONE,
  gzip: CompressionCodec.GZIP,
  snappy: CompressionCodec.SNAPPY,
  lz4: CompressionCodec.LZ4,
  zstd: CompressionCodec.ZSTD,
} as const;

export type CodecName = keyof typeof CODECS_BY_NAME;

const TWO_32 = 0x1_0000_0000;

/** A signed 64-bit integer as a number: exact up to 2^53, rounded beyond. */
export function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * TWO_32 + buffer.readUInt32BE(at + 4);
}

/** Writes a safe integer as a signed 64-bit one. */
export function writeInt64(buffer: Buffer, value: number, at: number): void {
  const high = Math.floor(value / TWO_32);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(value - high * TWO_32, at + 4);
}

export function baseOffset(buffer: Buffer, at: number): number {
  return readInt64(buffer, at);
}

/** Bytes after the length field. */
export function batchLength(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + BatchField.BATCH_LENGTH);
}

/** Bytes of the whole batch. */
export function sizeInBytes(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + BatchField.BATCH_LENGTH) + LOG_OVERHEAD;
}

export function leaderEpoch(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + BatchField.LEADER_EPOCH);
}

export function magic(buffer: Buffer, at: number): number {
  return buffer.readInt8(at + BatchField.MAGIC);
}

/** The stored CRC, unsigned. */
export function crc(buffer: Buffer, at: number): number {
  return buffer.readUInt32BE(at + BatchField.CRC);
}

export function attributes(buffer: Buffer, at: number): number {
  return buffer.readUInt16BE(at + BatchField.ATTRIBUTES);
}

/** Number of the codec, 0 to 7; only those of CompressionCodec are known. */
export function compressionCodec(buffer: Buffer, at: number): number {
  return attributes(buffer, at) & BatchAttribute.CODEC_MASK;
}

/** 0 CreateTime, 1 LogAppendTime. */
export function timestampType(buffer: Buffer, at: number): 0 | 1 {
  return (attributes(buffer, at) & BatchAttribute.LOG_APPEND_TIME) === 0 ? 0 : 1;
}

export function isTransactional(buffer: Buffer, at: number): boolean {
  return (attributes(buffer, at) & BatchAttribute.TRANSACTIONAL) !== 0;
}

export function isControl(buffer: Buffer, at: number): boolean {
  return (attributes(buffer, at) & BatchAttribute.CONTROL) !== 0;
}

/** True if baseTimestamp holds the time up to which tombstones are kept. */
export function hasDeleteHorizon(buffer: Buffer, at: number): boolean {
  return (attributes(buffer, at) & BatchAttribute.DELETE_HORIZON) !== 0;
}

export function lastOffsetDelta(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + BatchField.LAST_OFFSET_DELTA);
}

/** Exclusive end of the offsets the batch covers. */
export function nextOffset(buffer: Buffer, at: number): number {
  return baseOffset(buffer, at) + lastOffsetDelta(buffer, at) + 1;
}

/** Milliseconds, or -1; rounded beyond 2^53. */
export function baseTimestamp(buffer: Buffer, at: number): number {
  return readInt64(buffer, at + BatchField.BASE_TIMESTAMP);
}

/** Milliseconds, or -1; rounded beyond 2^53. */
export function maxTimestamp(buffer: Buffer, at: number): number {
  return readInt64(buffer, at + BatchField.MAX_TIMESTAMP);
}

/** True if the producer id is not negative. */
export function hasProducerId(buffer: Buffer, at: number): boolean {
  return buffer.readInt8(at + BatchField.PRODUCER_ID) >= 0;
}

/** -1n for none. */
export function producerId(buffer: Buffer, at: number): bigint {
  return buffer.readBigInt64BE(at + BatchField.PRODUCER_ID);
}

export function producerEpoch(buffer: Buffer, at: number): number {
  return buffer.readInt16BE(at + BatchField.PRODUCER_EPOCH);
}

/** -1 for none. */
export function baseSequence(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + BatchField.BASE_SEQUENCE);
}

/** Sequence `increment` records after `sequence`; 2^31 - 1 is followed by 0. */
export function addSequence(sequence: number, increment: number): number {
  const sum = sequence + increment;
  return sum > 0x7fffffff ? sum - 0x8000_0000 : sum;
}

/** Sequence of the last record, or -1 without sequences. */
export function lastSequence(buffer: Buffer, at: number): number {
  const first = baseSequence(buffer, at);
  return first < 0 ? -1 : addSequence(first, lastOffsetDelta(buffer, at));
}

export function recordsCount(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + BatchField.RECORDS_COUNT);
}

/** Sets the base offset; the CRC stays valid. */
export function patchBaseOffset(buffer: Buffer, at: number, offset: number): void {
  writeInt64(buffer, offset, at);
}

/** Sets the partition leader epoch; the CRC stays valid. */
export function patchLeaderEpoch(buffer: Buffer, at: number, epoch: number): void {
  buffer.writeInt32BE(epoch, at + BatchField.LEADER_EPOCH);
}

/** CRC-32C of what the CRC field covers. */
export function computeCrc(buffer: Buffer, at: number): number {
  return crc32c(buffer.subarray(at + BatchField.ATTRIBUTES, at + sizeInBytes(buffer, at)));
}

/** True if the stored CRC is that of the bytes. */
export function verifyCrc(buffer: Buffer, at: number): boolean {
  return computeCrc(buffer, at) === crc(buffer, at);
}

/** Computes and stores the CRC. */
export function patchCrc(buffer: Buffer, at: number): void {
  buffer.writeUInt32BE(computeCrc(buffer, at), at + BatchField.CRC);
}

/** Attributes that stay where a broker writes others anew, as in Kafka. */
const KEPT_ATTRIBUTES =
  BatchAttribute.CODEC_MASK | BatchAttribute.TRANSACTIONAL | BatchAttribute.CONTROL | BatchAttribute.DELETE_HORIZON;

/**
 * Sets timestamp type (0 CreateTime, 1 LogAppendTime) and largest timestamp; if that changes anything, the CRC too, and
 * attributes that mean nothing go. Base timestamp and deltas stay. A time beyond 2^53 may be rounded.
 */
export function setMaxTimestamp(buffer: Buffer, at: number, type: 0 | 1, timestampMs: number): void {
  if (timestampType(buffer, at) === type && maxTimestamp(buffer, at) === timestampMs) return;
  const kept = attributes(buffer, at) & KEPT_ATTRIBUTES;
  buffer.writeUInt16BE(type === 1 ? kept | BatchAttribute.LOG_APPEND_TIME : kept, at + BatchField.ATTRIBUTES);
  if (Number.isSafeInteger(timestampMs)) writeInt64(buffer, timestampMs, at + BatchField.MAX_TIMESTAMP);
  else if (maxTimestamp(buffer, at) !== timestampMs) {
    buffer.writeBigInt64BE(BigInt.asIntN(64, BigInt(timestampMs)), at + BatchField.MAX_TIMESTAMP);
  }
  patchCrc(buffer, at);
}
