/**
 * What the records of a client's batch must meet, once their structure is sound: keys where the topic is compacted,
 * timestamps that the topic allows, a size that `max.decompressed.message.bytes` allows. Kafka refuses the batch with
 * the first of these errors that outweighs the others and names every record; so does this, in a second pass over a
 * batch that the first one found wanting.
 *
 * Deviation from Apache Kafka: of a batch with very many bad records the first MAX_RECORD_ERRORS are named.
 */
import { turn } from '../base/real-time.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  BATCH_OVERHEAD,
  CompressionCodec,
  baseTimestamp,
  compressionCodec,
  maxTimestamp,
  recordsCount,
  setMaxTimestamp,
  timestampType,
} from '../../protocol/records/batch.ts';
import { RecordCursor } from '../../protocol/records/iterate.ts';
import { RecordWalk } from '../../protocol/records/walk.ts';
import type { TopicConfig } from '../config/topic-config.ts';
import { InvalidRecordsError, type RecordError } from './types.ts';
import { isTimestampAllowed, timestampRange } from './validate.ts';

/** Bad records named in one answer at most. */
const MAX_RECORD_ERRORS = 1000;
/** Records looked at before others have their turn: a few milliseconds. */
const RECORDS_PER_TURN = 100_000;

/** What a batch's records turned out to be. */
export interface CheckedRecords {
  /** In ms; -1 if no record has a time. */
  readonly largestTimestampMs: number;
  /** Their offset deltas are 0, 1, 2 … */
  readonly isInOrder: boolean;
}

/** True if, by the walk, some record may have to be refused; which ones, `RefusedRecords` says. */
function mayHaveRefused(walk: RecordWalk, batch: Buffer, config: TopicConfig, nowMs: number): boolean {
  if (config.cleanupCompact && walk.hasNullKey) return true;
  const isAppendTime = timestampType(batch, 0) === 1;
  if (config.messageTimestampType === 'LogAppendTime') return isAppendTime;
  if (isAppendTime) return maxTimestamp(batch, 0) === -1 || !isTimestampAllowed(maxTimestamp(batch, 0), config, nowMs);
  const largestMs = baseTimestamp(batch, 0) + walk.largestDelta;
  const smallestMs = baseTimestamp(batch, 0) + walk.smallestDelta;
  if (!isTimestampAllowed(largestMs, config, nowMs) || !isTimestampAllowed(smallestMs, config, nowMs)) return true;
  // One without a time is the smallest of all, and says nothing of those that have one.
  return smallestMs === -1 && largestMs > -1 && Number.isSafeInteger(config.messageTimestampBeforeMaxMs);
}

/** Why a record is refused. */
interface Refusal {
  readonly code: number;
  readonly message: string;
}

function refusalOf(
  cursor: RecordCursor,
  index: number,
  batch: Buffer,
  config: TopicConfig,
  nowMs: number,
): Refusal | null {
  const isAppendTime = timestampType(batch, 0) === 1;
  const timestampMs = isAppendTime ? maxTimestamp(batch, 0) : baseTimestamp(batch, 0) + cursor.timestampDelta;
  if (config.cleanupCompact && cursor.keyLength < 0) {
    return { code: ErrorCode.INVALID_RECORD, message: `Record ${index} has no key; the topic is compacted.` };
  }
  if (config.messageTimestampType === 'CreateTime' && timestampMs !== -1) {
    if (isTimestampAllowed(timestampMs, config, nowMs)) return null;
    const message = `Record ${index} has the timestamp ${timestampMs}; ${timestampRange(config, nowMs)}.`;
    return { code: ErrorCode.INVALID_TIMESTAMP, message };
  }
  if (!isAppendTime) return null;
  return { code: ErrorCode.INVALID_TIMESTAMP, message: 'A producer cannot set the timestamp type LogAppendTime.' };
}

/** Finds the records of `body` that are refused; in parts, as there may be millions. */
class RefusedRecords {
  readonly #batch: Buffer;
  readonly #config: TopicConfig;
  readonly #nowMs: number;
  readonly #cursor: RecordCursor;
  readonly #refused: RecordError[] = [];
  #index = 0;
  #code: number = ErrorCode.INVALID_RECORD;

  constructor(batch: Buffer, body: Buffer, config: TopicConfig, nowMs: number) {
    this.#batch = batch;
    this.#config = config;
    this.#nowMs = nowMs;
    this.#cursor = new RecordCursor(body, recordsCount(batch, 0));
  }

  /** Looks at so many records more; false when all are seen, or enough of them are named. */
  look(count: number): boolean {
    for (const end = this.#index + count; this.#index < end; this.#index++) {
      if (this.#refused.length === MAX_RECORD_ERRORS || !this.#cursor.next()) return false;
      const refusal = refusalOf(this.#cursor, this.#index, this.#batch, this.#config, this.#nowMs);
      if (refusal === null) continue;
      if (refusal.code === ErrorCode.INVALID_TIMESTAMP) this.#code = refusal.code;
      this.#refused.push({ batchIndex: this.#index, message: refusal.message });
    }
    return true;
  }

  /** @throws InvalidRecordsError if any was found */
  refuse(): void {
    const [first, ...others] = this.#refused;
    if (first === undefined) return;
    const more = others.length === 0 ? '' : ` (Records refused beside it: ${others.length})`;
    throw new InvalidRecordsError(this.#code, `${first.message}${more}`, this.#refused);
  }
}

/** @throws InvalidRecordsError that names the records of `body` which are refused, if there are any */
function nameRefused(batch: Buffer, body: Buffer, config: TopicConfig, nowMs: number): void {
  const records = new RefusedRecords(batch, body, config, nowMs);
  records.look(Infinity);
  records.refuse();
}

/** As `nameRefused`, for large batches: between some and the next others have their turn. */
export async function nameRefusedInTurns(
  batch: Buffer,
  body: Buffer,
  config: TopicConfig,
  nowMs: number,
): Promise<void> {
  const records = new RefusedRecords(batch, body, config, nowMs);
  while (records.look(RECORDS_PER_TURN)) await turn();
  records.refuse();
}

/**
 * What a walk over the records of `batch` found, or null if some may have to be refused: they are looked at one by one.
 * @throws KafkaError INVALID_RECORD if one is too large
 */
export function judge(walk: RecordWalk, batch: Buffer, config: TopicConfig, nowMs: number): CheckedRecords | null {
  const largest = walk.largestRecordBytes;
  if (largest > config.maxDecompressedRecordBytes && compressionCodec(batch, 0) !== CompressionCodec.NONE) {
    const bound = `max.decompressed.message.bytes allows ${config.maxDecompressedRecordBytes}`;
    throw new KafkaError(ErrorCode.INVALID_RECORD, `A record has ${largest} bytes once it is decompressed, ${bound}.`);
  }
  if (mayHaveRefused(walk, batch, config, nowMs)) return null;
  return checked(walk, batch);
}

/** What is to be said of records that are all accepted. */
export function checked(walk: RecordWalk, batch: Buffer): CheckedRecords {
  const isAppendTime = timestampType(batch, 0) === 1;
  const largestTimestampMs = isAppendTime ? maxTimestamp(batch, 0) : baseTimestamp(batch, 0) + walk.largestDelta;
  return { largestTimestampMs: Math.max(-1, largestTimestampMs), isInOrder: walk.isInOrder };
}

const walk = new RecordWalk();

/**
 * Checks the records of a whole, uncompressed batch, and puts right what its header says of their times.
 * @throws InvalidRecordsError, KafkaError INVALID_RECORD
 */
export function checkInPlace(batch: Buffer, config: TopicConfig, nowMs: number): void {
  walk.begin(recordsCount(batch, 0));
  walk.finish(batch.length - walk.walk(batch, BATCH_OVERHEAD, batch.length));
  let found = judge(walk, batch, config, nowMs);
  if (found === null) {
    nameRefused(batch, batch.subarray(BATCH_OVERHEAD), config, nowMs);
    found = checked(walk, batch);
  }
  // With LogAppendTime, the append itself sets the time.
  if (config.messageTimestampType === 'CreateTime') setMaxTimestamp(batch, 0, 0, found.largestTimestampMs);
}
