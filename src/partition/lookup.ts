/** Answers that need more of the log than its ends: by timestamp, by leader epoch. */
import { baseTimestamp, recordsCount, timestampType } from '../../protocol/records/batch.ts';
import { RecordPieces } from '../../protocol/records/record-pieces.ts';
import { KafkaError } from '../../protocol/errors.ts';
import type { BatchLocation, EpochStart, LogEngine, StreamId } from '../storage/types.ts';
import { recordsInPieces } from './expansions.ts';
import type { OffsetAndTimestamp } from './types.ts';

/** Stands for the latest time of 64 bits on the wire, and for all that a number does not hold. */
const LARGEST_TIME_MS = Number.MAX_SAFE_INTEGER;

/**
 * The first record of a batch, at or after `fromOffset`, whose timestamp is at least `timestampMs`; null if there is
 * none. Records that cannot be read (batches are stored as produced) are answered for by their batch.
 */
async function recordInBatch(
  found: BatchLocation,
  timestampMs: number,
  fromOffset: number,
): Promise<OffsetAndTimestamp | null> {
  const { bytes, baseOffset, leaderEpoch } = found;
  const maxTimestampMs = Math.min(found.maxTimestampMs, LARGEST_TIME_MS);
  // Compaction leaves such of a producer.
  if (recordsCount(bytes, 0) === 0) return null;
  if (timestampType(bytes, 0) === 1) {
    return { offset: Math.max(baseOffset, fromOffset), timestampMs: maxTimestampMs, leaderEpoch };
  }
  try {
    const firstTimestampMs = baseTimestamp(bytes, 0);
    const records = new RecordPieces(recordsCount(bytes, 0));
    const results: OffsetAndTimestamp[] = [];
    await recordsInPieces(bytes, (piece) => {
      const cursor = records.take(piece)?.cursor;
      while (cursor?.next() === true) {
        const offset = baseOffset + cursor.offsetDelta;
        const recordTimestampMs = firstTimestampMs + cursor.timestampDelta;
        if (recordTimestampMs < timestampMs || offset < fromOffset) continue;
        results.push({ offset, timestampMs: Math.min(recordTimestampMs, LARGEST_TIME_MS), leaderEpoch });
        return false;
      }
      return true;
    });
    if (results.length === 0) records.finish();
    return results[0] ?? null;
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return { offset: Math.max(baseOffset, fromOffset), timestampMs: maxTimestampMs, leaderEpoch };
  }
}

export interface LookupRange {
  readonly stream: StreamId;
  readonly fromOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
}

/** First record in the range with a timestamp of at least `timestampMs`, or null. */
export async function findByTimestamp(
  engine: LogEngine,
  range: LookupRange,
  timestampMs: number,
): Promise<OffsetAndTimestamp | null> {
  let { fromOffset } = range;
  while (fromOffset < range.endOffset) {
    const found = await engine.findByTimestamp(range.stream, timestampMs, fromOffset, range.endOffset);
    if (found === null) return null;
    const record = await recordInBatch(found, timestampMs, fromOffset);
    if (record !== null) return record;
    // The header promised a later record than there is, or retention took it: on with the next batch.
    fromOffset = found.endOffset;
  }
  return null;
}

/** First record in the range with the largest timestamp, or null without one. */
export async function findMaxTimestamp(engine: LogEngine, range: LookupRange): Promise<OffsetAndTimestamp | null> {
  if (range.fromOffset >= range.endOffset) return null;
  const found = await engine.findMaxTimestamp(range.stream, range.endOffset);
  if (found === null || found.maxTimestampMs < 0) return null;
  const record = await recordInBatch(found, found.maxTimestampMs, range.fromOffset);
  if (record !== null) return record;
  const { baseOffset, maxTimestampMs, leaderEpoch } = found;
  const timestampMs = Math.min(maxTimestampMs, LARGEST_TIME_MS);
  return { offset: Math.max(baseOffset, range.fromOffset), timestampMs, leaderEpoch };
}

/** Stands for no leader epoch; other negative ones lie before all others, as Kafka sees it. */
export const NO_EPOCH = -1;

/** Where a leader epoch ends: the largest epoch not above it, and its exclusive end offset. */
export interface EpochEnd {
  readonly leaderEpoch: number;
  readonly endOffset: number;
}

/**
 * KIP-320: the end of `requested` in a log whose data has these `epochs`, and which is led under `currentEpoch` up to
 * `logEndOffset`. Null when the epoch is unknown, or none.
 */
export function epochEnd(
  epochs: readonly EpochStart[],
  requested: number,
  currentEpoch: number,
  logEndOffset: number,
): EpochEnd | null {
  if (requested === NO_EPOCH || requested > currentEpoch) return null;
  if (requested === currentEpoch) return { leaderEpoch: currentEpoch, endOffset: logEndOffset };
  let floor: EpochStart | undefined;
  let higher: EpochStart | undefined;
  for (const epoch of epochs) {
    if (epoch.leaderEpoch <= requested) floor = epoch;
    else higher ??= epoch;
  }
  const endOffset = higher?.startOffset ?? logEndOffset;
  // An epoch from before all data ends where the data begins, under its own number, as Kafka says it.
  return { leaderEpoch: floor?.leaderEpoch ?? requested, endOffset };
}

/**
 * Epoch of the data at `offset`; the newest beyond the end, and the first where compaction left nothing that early. -1
 * without data.
 */
export function epochAt(epochs: readonly EpochStart[], offset: number): number {
  let epoch = epochs[0]?.leaderEpoch ?? -1;
  for (const { leaderEpoch, startOffset } of epochs) {
    if (startOffset <= offset) epoch = leaderEpoch;
  }
  return epoch;
}
