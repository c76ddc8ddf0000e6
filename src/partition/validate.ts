/**
 * What must hold of a produced batch before it is appended, in Kafka's order and with Kafka's codes: the shape of the
 * request's records, the header, the checksum, then what the header says of the records.
 *
 * The records themselves are for `check-records.ts`.
 *
 * Deviation from Apache Kafka: a codec number that does not exist is answered with UNSUPPORTED_COMPRESSION_TYPE, where
 * Kafka answers UNKNOWN_SERVER_ERROR.
 */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  BATCH_OVERHEAD,
  CompressionCodec,
  LOG_OVERHEAD,
  MAGIC_V2,
  baseOffset,
  baseSequence,
  baseTimestamp,
  batchLength,
  compressionCodec,
  hasProducerId,
  isControl,
  lastOffsetDelta,
  magic,
  maxTimestamp,
  recordsCount,
  timestampType,
  verifyCrc,
} from '../../protocol/records/batch.ts';
import type { TopicConfig } from '../config/topic-config.ts';

/** Bytes up to and with the magic; before they are there, a batch does not count as begun. */
const HEADER_UP_TO_MAGIC = 17;
/** The shortest batch of any format, after the length field. */
const MIN_BATCH_LENGTH = 14;
/** First Produce version that carries record batches; before, it carries message sets of format v0 or v1, too. */
export const BATCHES_FROM = 3;
/** First Produce version that may carry zstd (KIP-110). */
const FIRST_ZSTD_VERSION = 7;

function invalidRecord(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_RECORD, message);
}

/** Size of the whole batch at `at`, or 0 when it is cut off. @throws KafkaError CORRUPT_MESSAGE */
function wholeBatchSize(bytes: Buffer, at: number): number {
  const left = bytes.length - at;
  if (left < LOG_OVERHEAD) return 0;
  const length = batchLength(bytes, at);
  if (length < MIN_BATCH_LENGTH) {
    throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, `A batch states a length of ${length} bytes.`);
  }
  if (left < HEADER_UP_TO_MAGIC) return 0;
  const format = magic(bytes, at);
  if (format < 0 || format > MAGIC_V2) {
    throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, `A batch has the unknown magic ${format}.`);
  }
  return left < length + LOG_OVERHEAD ? 0 : length + LOG_OVERHEAD;
}

/** Whether a partition's records are a message set of format v0 or v1. */
export function isMessageSet(bytes: Buffer): boolean {
  return bytes.length >= HEADER_UP_TO_MAGIC && (magic(bytes, 0) === 0 || magic(bytes, 0) === 1);
}

/** Whether a partition's records hold nothing whole. @throws KafkaError CORRUPT_MESSAGE */
export function isEmptySet(bytes: Buffer): boolean {
  return wholeBatchSize(bytes, 0) === 0;
}

/**
 * Size of the one batch that a partition's records in a Produce request hold. Bytes after it that are no whole batch
 * are not counted, and are not stored.
 * @throws KafkaError INVALID_RECORD, CORRUPT_MESSAGE, UNSUPPORTED_COMPRESSION_TYPE
 */
export function singleBatchSize(bytes: Buffer, produceVersion: number): number {
  const size = wholeBatchSize(bytes, 0);
  if (size === 0) throw invalidRecord('The request holds no whole record batch for the partition.');
  if (magic(bytes, 0) !== MAGIC_V2) throw invalidRecord('Only record batches with magic 2 can be produced.');
  if (produceVersion < FIRST_ZSTD_VERSION && compressionCodec(bytes, 0) === CompressionCodec.ZSTD) {
    throw new KafkaError(
      ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
      `Produce version ${produceVersion} cannot carry zstd.`,
    );
  }
  if (size < bytes.length && wholeBatchSize(bytes, size) > 0) {
    throw invalidRecord('The request holds more than one record batch for the partition.');
  }
  return size;
}

/** @throws KafkaError INVALID_RECORD, MESSAGE_TOO_LARGE, CORRUPT_MESSAGE, UNSUPPORTED_COMPRESSION_TYPE */
function validateStorable(bytes: Buffer, size: number, config: TopicConfig): void {
  if (baseOffset(bytes, 0) !== 0) throw invalidRecord(`A produced batch has base offset ${baseOffset(bytes, 0)}.`);
  validateMessageSize(size, config);
  if (size < BATCH_OVERHEAD || !verifyCrc(bytes, 0)) {
    throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, "The batch's checksum does not match its bytes.");
  }
  if (compressionCodec(bytes, 0) > CompressionCodec.ZSTD) {
    throw new KafkaError(
      ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
      `There is no compression codec ${compressionCodec(bytes, 0)}.`,
    );
  }
}

/** @throws KafkaError INVALID_RECORD */
function validateCounts(bytes: Buffer): void {
  const covered = lastOffsetDelta(bytes, 0) + 1;
  const count = recordsCount(bytes, 0);
  if (covered <= 0) throw invalidRecord(`The batch covers ${covered} offsets.`);
  if (count <= 0) throw invalidRecord(`The batch states ${count} records.`);
  if (covered !== count) throw invalidRecord(`The batch covers ${covered} offsets and states ${count} records.`);
  if (isControl(bytes, 0)) throw invalidRecord('Clients cannot write control batches.');
  if (hasProducerId(bytes, 0) && baseSequence(bytes, 0) < 0) {
    throw invalidRecord(`The batch has a producer id and the sequence ${baseSequence(bytes, 0)}.`);
  }
}

/** True if a record may carry this time at `nowMs`; -1 (none) may always. */
export function isTimestampAllowed(timestampMs: number, config: TopicConfig, nowMs: number): boolean {
  if (timestampMs === -1) return true;
  const ageMs = nowMs - timestampMs;
  return ageMs <= config.messageTimestampBeforeMaxMs && -ageMs <= config.messageTimestampAfterMaxMs;
}

/** Which timestamps records may carry at `nowMs`, and by which settings. */
export function timestampRange(config: TopicConfig, nowMs: number): string {
  const { messageTimestampBeforeMaxMs: beforeMs, messageTimestampAfterMaxMs: afterMs } = config;
  const bounds: string[] = [];
  if (Number.isSafeInteger(beforeMs))
    bounds.push(`${nowMs - beforeMs} (message.timestamp.before.max.ms=${beforeMs}) or later`);
  if (Number.isSafeInteger(afterMs))
    bounds.push(`${nowMs + afterMs} (message.timestamp.after.max.ms=${afterMs}) or earlier`);
  return `allowed at ${nowMs} is ${bounds.join(' and ')}`;
}

/** True unless the header alone shows that a record's timestamp is not allowed. */
export function areHeaderTimestampsAllowed(bytes: Buffer, config: TopicConfig, nowMs: number): boolean {
  const isLogAppendTime = timestampType(bytes, 0) === 1;
  if (config.messageTimestampType === 'LogAppendTime') return !isLogAppendTime;
  const largest = maxTimestamp(bytes, 0);
  if (isLogAppendTime) return largest !== -1 && isTimestampAllowed(largest, config, nowMs);
  return isTimestampAllowed(largest, config, nowMs) && isTimestampAllowed(baseTimestamp(bytes, 0), config, nowMs);
}

/**
 * Checks a client's batch, all but its records, and gives its size.
 * @throws KafkaError with Kafka's code
 */
export function validateClientHeader(bytes: Buffer, produceVersion: number, config: TopicConfig): number {
  const size = singleBatchSize(bytes, produceVersion);
  validateStorable(bytes, size, config);
  validateCounts(bytes);
  return size;
}

/**
 * Checks what a coordinator appends: its size only.
 * @throws KafkaError MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, CORRUPT_MESSAGE
 */
export function validateCoordinatorBatch(bytes: Buffer, config: TopicConfig): number {
  const size = wholeBatchSize(bytes, 0);
  if (size < BATCH_OVERHEAD || size !== bytes.length) {
    throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, 'A coordinator must append exactly one whole batch.');
  }
  validateMessageSize(size, config);
  validateSegmentSize(size, config);
  return size;
}

/** @throws KafkaError MESSAGE_TOO_LARGE */
export function validateMessageSize(size: number, config: TopicConfig): void {
  if (size > config.maxMessageBytes) {
    throw new KafkaError(
      ErrorCode.MESSAGE_TOO_LARGE,
      `The batch has ${size} bytes, max.message.bytes allows ${config.maxMessageBytes}.`,
    );
  }
}

/** @throws KafkaError RECORD_LIST_TOO_LARGE */
export function validateSegmentSize(size: number, config: TopicConfig): void {
  if (size > config.segmentBytes) {
    throw new KafkaError(
      ErrorCode.RECORD_LIST_TOO_LARGE,
      `The batch has ${size} bytes, segment.bytes allows ${config.segmentBytes}.`,
    );
  }
}
