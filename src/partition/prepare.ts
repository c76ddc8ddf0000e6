/**
 * The way into a partition for batches that cannot be checked at once where they lie: compressed ones, whose records are
 * expanded to be looked at, those that the topic stores in another codec, and large ones. What is small is expanded at once,
 * within the budget of the turn (expansions.ts); the rest in pieces on other threads, few batches at a time, each piece
 * walked over when it comes and then let go. Large records that are not compressed are walked over in pieces, too.
 *
 * With `walka.validate.records=header`, records are looked at only where a rule needs them: on topics that are
 * compacted, take no old records or bound the size of compressed ones, and for batches whose header shows a timestamp
 * that is not allowed.
 *
 * Deviations from Apache Kafka: it skips over the records of a compressed batch that it stores as it is; here they must be
 * as long as they state, and nothing may follow the payload, as in any other batch. Where it fails inside (a payload that
 * cannot be expanded, offset deltas out of order in such a batch), the answer is INVALID_RECORD.
 */
import { codecNumbered, loadedCodec, SMALL_BYTES, type Codec } from '../../protocol/compression/codecs.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  BATCH_OVERHEAD,
  CompressionCodec,
  compressionCodec,
  recordsCount,
  setMaxTimestamp,
} from '../../protocol/records/batch.ts';
import type { RecordWalk } from '../../protocol/records/walk.ts';
import { PieceWalk } from '../../protocol/records/walk-pieces.ts';
import type { Counted, Slice } from '../base/counted.ts';
import { type Effort, timed, timedThrough } from '../base/effort.ts';
import type { CompressionType, TopicConfig } from '../config/topic-config.ts';
import { checked, judge, nameRefusedInTurns, type CheckedRecords } from './check-records.ts';
import { encodeAnew } from './encode-anew.ts';
import { expandLarge, expansions, turnFor } from './expansions.ts';
import { PreparedSlice, type RecordValidation } from './types.ts';
import {
  areHeaderTimestampsAllowed,
  validateClientHeader,
  validateMessageSize,
  validateSegmentSize,
} from './validate.ts';
import { withWholeRecords } from './whole-records.ts';

const CODECS: Readonly<Record<Exclude<CompressionType, 'producer'>, CompressionCodec>> = {
  uncompressed: CompressionCodec.NONE,
  gzip: CompressionCodec.GZIP,
  snappy: CompressionCodec.SNAPPY,
  lz4: CompressionCodec.LZ4,
  zstd: CompressionCodec.ZSTD,
};

/** Codec in which the topic stores a batch that comes with `source`. */
function storedCodec(config: TopicConfig, source: number): number {
  return config.compressionType === 'producer' ? source : CODECS[config.compressionType];
}

/** What a batch must meet. */
export interface Rules {
  readonly config: TopicConfig;
  readonly nowMs: number;
  /** Counts what it takes. */
  readonly effort: Effort | null;
}

/** True if the records of a client's batch must be looked at. `bytes` hold a header at least. */
export function mustCheckRecords(
  bytes: Buffer,
  config: TopicConfig,
  validation: RecordValidation,
  nowMs: number,
): boolean {
  if (validation === 'full' || config.cleanupCompact || mayHideOldRecords(bytes, config)) return true;
  const isCompressed = compressionCodec(bytes, 0) !== CompressionCodec.NONE;
  return (isCompressed && boundsRecords(config)) || !areHeaderTimestampsAllowed(bytes, config, nowMs);
}

/** True if a client's batch is stored in another codec than it comes in. Safe for any bytes. */
export function isReencoded(bytes: Buffer, config: TopicConfig): boolean {
  if (config.compressionType === 'producer' || bytes.length < BATCH_OVERHEAD) return false;
  const codec = compressionCodec(bytes, 0);
  return storedCodec(config, codec) !== codec;
}

/** Bytes of records that are walked over at once where they lie: some milliseconds. */
const IN_PLACE_BYTES = 4 * 1024 * 1024;

/** True if a client's batch must go through `prepareBatch`. Cheap, and safe for any bytes. */
export function needsPreparing(
  bytes: Buffer,
  config: TopicConfig,
  validation: RecordValidation,
  nowMs: number,
): boolean {
  if (bytes.length < BATCH_OVERHEAD) return false;
  const codec = compressionCodec(bytes, 0);
  if (storedCodec(config, codec) !== codec) return true;
  const isPrepared = codec !== CompressionCodec.NONE || bytes.length > IN_PLACE_BYTES;
  return isPrepared && mustCheckRecords(bytes, config, validation, nowMs);
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

/**
 * Checks a client's batch and its records, and re-encodes it if the topic wants that. Gives the batch to append: the
 * same bytes, or new ones.
 * @throws KafkaError as `append`, InvalidRecordsError; also as a rejection
 */
export function prepareBatch(
  records: Slice,
  produceVersion: number,
  rules: Rules,
): PreparedSlice | Promise<PreparedSlice> {
  const { config } = rules;
  const size = validateClientHeader(records.bytes, produceVersion, config);
  const batch = records.bytes.subarray(0, size);
  const source = compressionCodec(batch, 0);
  if (storedCodec(config, source) !== source) return reencode(batch, rules);
  const job: Job = { ...rules, batch, owner: records.owner };
  if (source === CompressionCodec.NONE) return checkPlain(job);
  const codec = loadedCodec(source);
  if (codec === undefined) return codecNumbered(source).then((loaded) => checkWithin(loaded, job));
  return checkWithin(codec, job);
}

/** A batch that is stored as it is, once its records are checked. */
interface Job extends Rules {
  readonly batch: Buffer;
  readonly owner: Counted;
}

function checkWithin(codec: Codec, job: Job): PreparedSlice | Promise<PreparedSlice> {
  return expansions.hasRoom ? check(codec, job) : expansions.run(() => timed(job.effort, () => check(codec, job)));
}

const pieces = new PieceWalk();
let expandedBytes = 0;

function takeNow(piece: Buffer): void {
  expandedBytes += piece.length;
  pieces.take(piece);
}

function payloadOf(batch: Buffer): Buffer {
  return batch.subarray(BATCH_OVERHEAD);
}

function check(codec: Codec, job: Job): PreparedSlice | Promise<PreparedSlice> {
  const { batch, config } = job;
  // What is large, or damaged, shows that only at the end of what is expanded at once.
  expansions.spend(SMALL_BYTES);
  pieces.begin(recordsCount(batch, 0), config.maxDecompressedRecordBytes);
  expandedBytes = 0;
  if (!codec.expandNow(payloadOf(batch), config.maxDecompressedBatchBytes, takeNow)) return checkLarge(codec, job);
  expansions.spend(expandedBytes + batch.length - SMALL_BYTES);
  pieces.finish();
  return conclude(pieces.walk, job);
}

async function checkLarge(codec: Codec, job: Job): Promise<PreparedSlice> {
  const { batch, config } = job;
  const own = new PieceWalk();
  own.begin(recordsCount(batch, 0), config.maxDecompressedRecordBytes);
  const take = (piece: Buffer): void => own.take(piece);
  await expandLarge(codec, payloadOf(batch), config.maxDecompressedBatchBytes, take, job.effort);
  own.finish();
  return await conclude(own.walk, job);
}

/** Uncompressed records lie in the batch: whatever their offset deltas are, they count by their place. */
async function checkPlain(job: Job): Promise<PreparedSlice> {
  const found = await checkInTurns(job.batch, payloadOf(job.batch), job);
  return finish({ ...found, isInOrder: true }, job);
}

/** Looks at the records of `batch`, which are `body` uncompressed. @throws KafkaError INVALID_RECORD; as a rejection */
async function checkInTurns(batch: Buffer, body: Buffer, { config, nowMs, effort }: Rules): Promise<CheckedRecords> {
  const own = new PieceWalk();
  own.begin(recordsCount(batch, 0), Infinity);
  for (let at = 0; at < body.length; at += SMALL_BYTES) {
    const piece = body.subarray(at, at + SMALL_BYTES);
    await turnFor(piece.length);
    timed(effort, () => own.take(piece));
  }
  own.finish();
  const found = judge(own.walk, batch, config, nowMs);
  if (found !== null) return found;
  await timedThrough(effort, () => nameRefusedInTurns(batch, body, config, nowMs));
  return checked(own.walk, batch);
}

/** The batch as it is, unless some of its records are refused. */
function conclude(walk: RecordWalk, job: Job): PreparedSlice | Promise<PreparedSlice> {
  const { batch, config, nowMs, effort } = job;
  const found = judge(walk, batch, config, nowMs);
  if (found !== null) return finish(found, job);
  // The next batch has the same walk.
  const all = checked(walk, batch);
  return withWholeRecords(batch, config.maxDecompressedBatchBytes, effort, (body) =>
    nameRefusedInTurns(batch, body, config, nowMs),
  ).then(() => finish(all, job));
}

/** The batch as it is, with the time of its records. @throws KafkaError INVALID_RECORD, RECORD_LIST_TOO_LARGE */
function finish(found: CheckedRecords, { batch, owner, config }: Job): PreparedSlice {
  if (!found.isInOrder) {
    throw new KafkaError(ErrorCode.INVALID_RECORD, 'The offset deltas of the compressed records are not 0, 1, 2 …');
  }
  // With LogAppendTime, the append itself sets the time.
  if (config.messageTimestampType === 'CreateTime') setMaxTimestamp(batch, 0, 0, found.largestTimestampMs);
  validateSegmentSize(batch.length, config);
  return new PreparedSlice(batch, owner);
}

/** The batch in the topic's codec, its records numbered from 0. @throws as `prepareBatch`; as a rejection */
function reencode(batch: Buffer, rules: Rules): Promise<PreparedSlice> {
  const { config, effort } = rules;
  // As long as it holds its place.
  const inPlace = { ...rules, effort: null };
  return withWholeRecords(batch, config.maxDecompressedBatchBytes, effort, (body) =>
    reencodeBody(batch, body, inPlace),
  );
}

/** As `reencode`, of a batch whose uncompressed records are `body`. */
export async function reencodeBody(batch: Buffer, body: Buffer, rules: Rules): Promise<PreparedSlice> {
  const { config } = rules;
  const found = await checkInTurns(batch, body, rules);
  const target = storedCodec(config, compressionCodec(batch, 0)) as CompressionCodec;
  const encoded = await encodeAnew(batch, body, target, found, config);
  validateMessageSize(encoded.bytes.length, config);
  validateSegmentSize(encoded.bytes.length, config);
  return new PreparedSlice(encoded.bytes, encoded.owner);
}
