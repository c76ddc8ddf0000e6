/**
 * The slow way into a partition, for batches whose records must be looked at: topics that are compacted (every record
 * needs a key), have a compression.type of their own (the broker re-encodes), take no old records or bound the size of
 * compressed ones, batches whose header shows a timestamp that is not allowed (the answer names the records), and all
 * batches with `walka.validate.records`.
 *
 * Deviation from Apache Kafka: records whose offset deltas are not 0, 1, 2 … are refused with INVALID_RECORD; Kafka
 * renumbers them in compressed batches. Of a batch with very many bad records the first MAX_RECORD_ERRORS are named.
 */
import { codecNumbered } from '../../protocol/compression/codecs.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  BATCH_OVERHEAD,
  BatchAttribute,
  BatchField,
  CompressionCodec,
  LOG_OVERHEAD,
  attributes,
  baseTimestamp,
  compressionCodec,
  maxTimestamp,
  patchCrc,
  recordsCount,
  timestampType,
  writeInt64,
} from '../../protocol/records/batch.ts';
import { RecordCursor, recordBytes } from '../../protocol/records/iterate.ts';
import { plainSlice, type Slice } from '../base/counted.ts';
import type { CompressionType, TopicConfig } from '../config/topic-config.ts';
import { InvalidRecordsError, type RecordError } from './types.ts';
import { areHeaderTimestampsAllowed, isTimestampAllowed, validateClientHeader } from './validate.ts';

/** Bad records named in one answer at most. */
const MAX_RECORD_ERRORS = 1000;

const CODECS: Readonly<Record<Exclude<CompressionType, 'producer'>, CompressionCodec>> = {
  uncompressed: CompressionCodec.NONE,
  gzip: CompressionCodec.GZIP,
  snappy: CompressionCodec.SNAPPY,
  lz4: CompressionCodec.LZ4,
  zstd: CompressionCodec.ZSTD,
};

/** As in Kafka, bits that mean nothing, or nothing yet, do not outlive a new encoding. */
const KEPT_ATTRIBUTES = BatchAttribute.TRANSACTIONAL | BatchAttribute.CONTROL;

function levelOf(codec: CompressionCodec, config: TopicConfig): number | undefined {
  if (codec === CompressionCodec.GZIP) return config.compressionGzipLevel;
  if (codec === CompressionCodec.LZ4) return config.compressionLz4Level;
  return codec === CompressionCodec.ZSTD ? config.compressionZstdLevel : undefined;
}

/** Codec in which the topic stores a batch that comes with `source`. */
function storedCodec(config: TopicConfig, source: number): number {
  return config.compressionType === 'producer' ? source : CODECS[config.compressionType];
}

/** True if a client's batch must go through `prepareBatch`. Cheap, and safe for any bytes. */
export function needsPreparing(bytes: Buffer, config: TopicConfig, validateRecords: boolean, nowMs: number): boolean {
  if (bytes.length < BATCH_OVERHEAD) return false;
  if (validateRecords || config.cleanupCompact) return true;
  const codec = compressionCodec(bytes, 0);
  if (storedCodec(config, codec) !== codec || mayHideOldRecords(bytes, config)) return true;
  if (codec !== CompressionCodec.NONE && boundsRecords(config)) return true;
  return !areHeaderTimestampsAllowed(bytes, config, nowMs);
}

/** True if a record may be too large although its batch is not. */
function boundsRecords({ maxDecompressedRecordBytes, maxDecompressedBatchBytes }: TopicConfig): boolean {
  return maxDecompressedRecordBytes < maxDecompressedBatchBytes;
}

/** True if the topic bounds the age of records: the header has the times of the first and the newest, not of the oldest. */
function mayHideOldRecords(bytes: Buffer, config: TopicConfig): boolean {
  if (config.messageTimestampType !== 'CreateTime' || recordsCount(bytes, 0) <= 1) return false;
  return Number.isSafeInteger(config.messageTimestampBeforeMaxMs);
}

/** Why a record is refused. */
interface Refusal {
  readonly code: number;
  readonly message: string;
}

function tooLarge(index: number, bytes: number): KafkaError {
  return new KafkaError(ErrorCode.INVALID_RECORD, `Record ${index} has ${bytes} bytes once it is decompressed.`);
}

/** The rules a record must meet, for one batch. */
class RecordRules {
  readonly #config: TopicConfig;
  readonly #nowMs: number;
  readonly #isLogAppendTime: boolean;
  readonly #maxRecordBytes: number;
  readonly #baseTimestampMs: number;
  readonly #appendTimestampMs: number;
  #largestTimestampMs = -1;
  #refusals: RecordError[] = [];
  #code: number = ErrorCode.NONE;

  constructor(batch: Buffer, config: TopicConfig, nowMs: number) {
    this.#config = config;
    this.#nowMs = nowMs;
    this.#isLogAppendTime = timestampType(batch, 0) === 1;
    this.#maxRecordBytes =
      compressionCodec(batch, 0) === CompressionCodec.NONE ? Infinity : config.maxDecompressedRecordBytes;
    this.#baseTimestampMs = baseTimestamp(batch, 0);
    this.#appendTimestampMs = maxTimestamp(batch, 0);
  }

  /** Checks all records; gives the largest timestamp. @throws InvalidRecordsError, KafkaError INVALID_RECORD */
  check(batch: Buffer, body: Buffer): number {
    const cursor = new RecordCursor(body, recordsCount(batch, 0));
    for (let index = 0; cursor.next(); index++) {
      if (cursor.length > this.#maxRecordBytes) throw tooLarge(index, cursor.length);
      const refusal = this.#refusalOf(cursor, index);
      if (refusal === null) continue;
      if (this.#code !== ErrorCode.INVALID_TIMESTAMP) this.#code = refusal.code;
      if (this.#refusals.length < MAX_RECORD_ERRORS) {
        this.#refusals.push({ batchIndex: index, message: refusal.message });
      }
    }
    const first = this.#refusals[0];
    if (first !== undefined) {
      throw new InvalidRecordsError(
        this.#code,
        `${this.#refusals.length} records were refused; the first: ${first.message}`,
        this.#refusals,
      );
    }
    return this.#largestTimestampMs;
  }

  #refusalOf(cursor: RecordCursor, index: number): Refusal | null {
    const timestampMs = this.#isLogAppendTime ? this.#appendTimestampMs : this.#baseTimestampMs + cursor.timestampDelta;
    this.#largestTimestampMs = Math.max(this.#largestTimestampMs, timestampMs);
    if (cursor.offsetDelta !== index) {
      return { code: ErrorCode.INVALID_RECORD, message: `Record ${index} has the offset delta ${cursor.offsetDelta}.` };
    }
    if (this.#config.cleanupCompact && cursor.keyLength < 0) {
      return { code: ErrorCode.INVALID_RECORD, message: `Record ${index} has no key; the topic is compacted.` };
    }
    if (this.#config.messageTimestampType === 'CreateTime' && timestampMs !== -1) {
      if (isTimestampAllowed(timestampMs, this.#config, this.#nowMs)) return null;
      return { code: ErrorCode.INVALID_TIMESTAMP, message: `Record ${index} has the timestamp ${timestampMs}.` };
    }
    if (!this.#isLogAppendTime) return null;
    return { code: ErrorCode.INVALID_TIMESTAMP, message: 'A producer cannot set the timestamp type LogAppendTime.' };
  }
}

/** Sets the codec, length and largest timestamp in a header, and the checksum over all. */
function finishHeader(batch: Buffer, codec: number, largestTimestampMs: number): void {
  const kept = attributes(batch, 0) & ~(BatchAttribute.CODEC_MASK | BatchAttribute.LOG_APPEND_TIME);
  batch.writeUInt16BE(kept | codec, BatchField.ATTRIBUTES);
  batch.writeInt32BE(batch.length - LOG_OVERHEAD, BatchField.BATCH_LENGTH);
  // Beyond what a number holds exactly the header's own word stands.
  if (Number.isSafeInteger(largestTimestampMs)) writeInt64(batch, largestTimestampMs, BatchField.MAX_TIMESTAMP);
  patchCrc(batch, 0);
}

/**
 * Checks the records of a client's batch and re-encodes it if the topic wants that. Gives the batch to append: the
 * same bytes, or new ones.
 * @throws KafkaError as `append`, InvalidRecordsError; as a rejection
 */
export async function prepareBatch(
  records: Slice,
  produceVersion: number,
  config: TopicConfig,
  nowMs: number,
): Promise<Slice> {
  const size = validateClientHeader(records.bytes, produceVersion, config);
  const batch = records.bytes.subarray(0, size);
  const body = await recordBytes(batch, 0, config.maxDecompressedBatchBytes);
  const largestTimestampMs = new RecordRules(batch, config, nowMs).check(batch, body);
  const source = compressionCodec(batch, 0);
  const target = storedCodec(config, source);
  if (target === source) {
    if (largestTimestampMs !== maxTimestamp(batch, 0) || timestampType(batch, 0) === 1) {
      finishHeader(batch, source, largestTimestampMs);
    }
    return { bytes: batch, owner: records.owner };
  }
  const stored =
    target === CompressionCodec.NONE
      ? body
      : await (await codecNumbered(target)).compress(body, levelOf(target as CompressionCodec, config));
  const bytes = Buffer.allocUnsafe(BATCH_OVERHEAD + stored.length);
  batch.copy(bytes, 0, 0, BATCH_OVERHEAD);
  stored.copy(bytes, BATCH_OVERHEAD);
  bytes.writeUInt16BE(attributes(batch, 0) & KEPT_ATTRIBUTES, BatchField.ATTRIBUTES);
  finishHeader(bytes, target, largestTimestampMs);
  return plainSlice(bytes);
}
