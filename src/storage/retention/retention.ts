/**
 * Where retention wants a log start offset. Kafka drops whole segments; here a topic's `segment.bytes` and
 * `segment.ms` cut its data into virtual segments, starting at the log start offset, and the same rules go by those.
 */
import type { Directory } from '../directory.ts';
import type { Locator } from '../runs/locate.ts';
import { walkRuns } from '../runs/walk.ts';
import type { RetentionPolicy, StreamId } from '../types.ts';

export interface RetentionRequest {
  readonly stream: StreamId;
  readonly policy: RetentionPolicy;
  readonly nowMs: number;
  /** Nothing at or beyond this goes. */
  readonly endOffset: number;
}

/** A batch as retention sees it. Times are ms. */
interface Batch {
  readonly byteLength: number;
  /** Exclusive. */
  readonly endOffset: number;
  /** Or -1. */
  readonly maxTimestampMs: number;
  readonly writtenMs: number;
}

/** A virtual segment while it is being walked. */
interface VirtualSegment {
  readonly first: Batch;
  byteLength: number;
  maxTimestampMs: number;
  /** Of its last batch. */
  writtenMs: number;
  endOffset: number;
}

/** Decides segment by segment, oldest first, until one stays. */
class RetentionWalk {
  readonly #request: RetentionRequest;
  #remainingBytes: number;
  #segment: VirtualSegment | null = null;
  point: number;

  constructor(request: RetentionRequest, logStart: number, liveBytes: number) {
    this.#request = request;
    this.point = logStart;
    this.#remainingBytes = liveBytes;
  }

  /** Takes the next batch; true when a segment was found that stays, so that all behind it does too. */
  add(batch: Batch): boolean {
    const segment = this.#segment;
    if (segment === null || this.#rolls(segment, batch)) {
      if (segment !== null && !this.#drops(segment)) return true;
      this.#segment = { ...batch, first: batch };
      return false;
    }
    segment.byteLength += batch.byteLength;
    segment.endOffset = batch.endOffset;
    segment.maxTimestampMs = Math.max(segment.maxTimestampMs, batch.maxTimestampMs);
    segment.writtenMs = batch.writtenMs;
    return false;
  }

  /** Decides on the last segment, which Kafka would roll before deleting it. */
  finish(): void {
    if (this.#segment !== null) this.#drops(this.#segment);
  }

  /** By time goes what the first batch tells: the newest timestamp after its own, or without one the age of the segment. */
  #rolls({ first, byteLength }: VirtualSegment, batch: Batch): boolean {
    const { segmentBytes, segmentMs } = this.#request.policy;
    const isDated = first.maxTimestampMs >= 0;
    const ageMs = isDated ? batch.maxTimestampMs - first.maxTimestampMs : batch.writtenMs - first.writtenMs;
    return byteLength + batch.byteLength > segmentBytes || ageMs > segmentMs;
  }

  #drops(segment: VirtualSegment): boolean {
    const { policy, nowMs, endOffset } = this.#request;
    if (segment.endOffset > endOffset) return false;
    // Where no record has a timestamp, the last write counts.
    const newestMs = segment.maxTimestampMs >= 0 ? segment.maxTimestampMs : segment.writtenMs;
    const isOld = policy.retentionMs >= 0 && nowMs - newestMs > policy.retentionMs;
    const isTooMuch = policy.retentionBytes >= 0 && this.#remainingBytes - segment.byteLength >= policy.retentionBytes;
    if (!isOld && !isTooMuch) return false;
    this.#remainingBytes -= segment.byteLength;
    this.point = segment.endOffset;
    return true;
  }
}

/** See LogEngine.retentionPoint. */
export async function retentionPoint(
  directory: Directory,
  locator: Locator,
  request: RetentionRequest,
): Promise<number> {
  const { stream, policy } = request;
  const row = directory.find(stream);
  const logStart = directory.logStart.get(row);
  const end = directory.writtenEnd.get(row);
  if ((policy.retentionMs < 0 && policy.retentionBytes < 0) || logStart >= end) return logStart;
  const walk = new RetentionWalk(request, logStart, directory.liveBytes.get(row));
  let isDecided = false;
  await walkRuns(locator, { stream, from: logStart, end: Number.MAX_SAFE_INTEGER }, (cursor) => {
    const { runMaxTimestampMs: maxTimestampMs, runWrittenMs: writtenMs } = cursor;
    do {
      const { byteLength, endOffset } = cursor;
      isDecided = walk.add({ byteLength, endOffset, maxTimestampMs, writtenMs });
    } while (!isDecided && cursor.nextInRun());
    return isDecided;
  });
  if (!isDecided) walk.finish();
  return walk.point;
}
