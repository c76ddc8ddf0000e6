/** Builds record batches, format v2: for coordinators, for batches re-encoded by the broker, and for tests. */
import { codecNumbered } from '../compression/codecs.ts';
import {
  BATCH_OVERHEAD,
  BatchAttribute,
  BatchField,
  CompressionCodec,
  LOG_OVERHEAD,
  MAGIC_V2,
  patchCrc,
  writeInt64,
} from './batch.ts';
import { varintSize, varlongSize, writeVarint, writeVarlong } from './varint.ts';

/** A record's header; the value may be null, the key may not. */
export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** A record to put into a batch. */
export interface NewRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: readonly RecordHeader[];
  /** Milliseconds since the Unix epoch, or -1 for none. */
  readonly timestampMs: number;
}

export interface BatchOptions {
  /** Default 0; the partition patches it at append. */
  readonly baseOffset?: number;
  /** Default -1. */
  readonly leaderEpoch?: number;
  /** Default -1n: none. */
  readonly producerId?: bigint;
  /** Default -1. */
  readonly producerEpoch?: number;
  /** Sequence of the first record; default -1. */
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  /** Marks the batch LogAppendTime with this time, in ms. */
  readonly logAppendTimeMs?: number;
  /** Offset of each record relative to the base offset, ascending; default 0, 1, 2 … */
  readonly offsetDeltas?: readonly number[];
}

export interface CompressedBatchOptions extends BatchOptions {
  readonly compression: CompressionCodec;
  /** In the codec's own scale; left out: the codec's default. */
  readonly level?: number;
}

/** Length of a nullable byte string with its varint length. */
function bytesSize(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length;
}

function writeBytes(buffer: Buffer, bytes: Uint8Array | null, at: number): number {
  if (bytes === null) return writeVarint(buffer, -1, at);
  const position = writeVarint(buffer, bytes.length, at);
  buffer.set(bytes, position);
  return position + bytes.length;
}

/** Bytes of a record after its length field. */
function recordBodySize(record: NewRecord, timestampDelta: number, offsetDelta: number): number {
  const headers = record.headers ?? [];
  let size = 1 + varlongSize(timestampDelta) + varintSize(offsetDelta);
  size += bytesSize(record.key) + bytesSize(record.value) + varintSize(headers.length);
  for (const header of headers) {
    const keyBytes = Buffer.byteLength(header.key);
    size += varintSize(keyBytes) + keyBytes + bytesSize(header.value);
  }
  return size;
}

function writeRecord(buffer: Buffer, record: NewRecord, place: RecordPlace, at: number): number {
  const headers = record.headers ?? [];
  let position = writeVarint(buffer, place.bodySize, at);
  buffer[position++] = 0;
  position = writeVarlong(buffer, place.timestampDelta, position);
  position = writeVarint(buffer, place.offsetDelta, position);
  position = writeBytes(buffer, record.key, position);
  position = writeBytes(buffer, record.value, position);
  position = writeVarint(buffer, headers.length, position);
  for (const header of headers) {
    position = writeVarint(buffer, Buffer.byteLength(header.key), position);
    position += buffer.write(header.key, position);
    position = writeBytes(buffer, header.value, position);
  }
  return position;
}

interface RecordPlace {
  readonly timestampDelta: number;
  readonly offsetDelta: number;
  readonly bodySize: number;
}

function writeHeader(buffer: Buffer, records: readonly NewRecord[], codec: number, options: BatchOptions): void {
  let maxTimestampMs = options.logAppendTimeMs ?? -1;
  if (options.logAppendTimeMs === undefined) {
    for (const record of records) maxTimestampMs = Math.max(maxTimestampMs, record.timestampMs);
  }
  let attributes: number = codec;
  if (options.logAppendTimeMs !== undefined) attributes |= BatchAttribute.LOG_APPEND_TIME;
  if (options.isTransactional === true) attributes |= BatchAttribute.TRANSACTIONAL;
  if (options.isControl === true) attributes |= BatchAttribute.CONTROL;
  writeInt64(buffer, options.baseOffset ?? 0, BatchField.BASE_OFFSET);
  buffer.writeInt32BE(buffer.length - LOG_OVERHEAD, BatchField.BATCH_LENGTH);
  buffer.writeInt32BE(options.leaderEpoch ?? -1, BatchField.LEADER_EPOCH);
  buffer.writeInt8(MAGIC_V2, BatchField.MAGIC);
  buffer.writeUInt16BE(attributes, BatchField.ATTRIBUTES);
  const lastDelta = options.offsetDeltas?.[records.length - 1] ?? records.length - 1;
  buffer.writeInt32BE(lastDelta, BatchField.LAST_OFFSET_DELTA);
  writeInt64(buffer, records[0]?.timestampMs ?? -1, BatchField.BASE_TIMESTAMP);
  writeInt64(buffer, maxTimestampMs, BatchField.MAX_TIMESTAMP);
  buffer.writeBigInt64BE(options.producerId ?? -1n, BatchField.PRODUCER_ID);
  buffer.writeInt16BE(options.producerEpoch ?? -1, BatchField.PRODUCER_EPOCH);
  buffer.writeInt32BE(options.baseSequence ?? -1, BatchField.BASE_SEQUENCE);
  buffer.writeInt32BE(records.length, BatchField.RECORDS_COUNT);
  patchCrc(buffer, 0);
}

/** Allocates `reserve` bytes and the records after them. */
function encodeRecords(records: readonly NewRecord[], options: BatchOptions, reserve: number): Buffer {
  const baseTimestampMs = records[0]?.timestampMs ?? -1;
  let total = reserve;
  const places: RecordPlace[] = records.map((record, index) => {
    const timestampDelta = record.timestampMs - baseTimestampMs;
    const offsetDelta = options.offsetDeltas?.[index] ?? index;
    const bodySize = recordBodySize(record, timestampDelta, offsetDelta);
    total += varintSize(bodySize) + bodySize;
    return { timestampDelta, offsetDelta, bodySize };
  });
  const buffer = Buffer.allocUnsafe(total);
  let position = reserve;
  for (let i = 0; i < records.length; i++) {
    position = writeRecord(buffer, records[i] as NewRecord, places[i] as RecordPlace, position);
  }
  return buffer;
}

/** Builds an uncompressed batch. Timestamps must be within 2^52 ms of each other. */
export function buildBatch(records: readonly NewRecord[], options: BatchOptions = {}): Buffer {
  const buffer = encodeRecords(records, options, BATCH_OVERHEAD);
  writeHeader(buffer, records, CompressionCodec.NONE, options);
  return buffer;
}

/** Builds a batch with compressed records. */
export async function buildCompressedBatch(
  records: readonly NewRecord[],
  options: CompressedBatchOptions,
): Promise<Buffer> {
  if (options.compression === CompressionCodec.NONE) return buildBatch(records, options);
  const codec = await codecNumbered(options.compression);
  const body = await codec.compress(encodeRecords(records, options, 0), options.level);
  const buffer = Buffer.allocUnsafe(BATCH_OVERHEAD + body.length);
  buffer.set(body, BATCH_OVERHEAD);
  writeHeader(buffer, records, options.compression, options);
  return buffer;
}
