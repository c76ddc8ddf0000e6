/** Whether a stream is to be compacted now, and how far: Kafka's rules over its virtual segments. */
import type { Cleanable, CompactionPolicy } from '../compaction-types.ts';
import {
  addToSegment,
  beginSegment,
  type SegmentBatch,
  type SegmentLimits,
  type VirtualSegment,
} from './virtual-segments.ts';

/** Where segments of a compacted topic end: one is not left open for longer than its records may stay uncompacted. */
export function segmentLimits({ segmentBytes, segmentMs, maxCompactionLagMs }: CompactionPolicy): SegmentLimits {
  return { segmentBytes, segmentMs: Math.min(segmentMs, maxCompactionLagMs) };
}

/** The dirty part of a stream, cut into segments while batches are added in order. */
export class DirtySegments {
  readonly #limits: SegmentLimits;
  /** All but the last are closed. */
  readonly #segments: VirtualSegment[] = [];
  /** Of all batches. */
  byteLength = 0;

  constructor(policy: CompactionPolicy) {
    this.#limits = segmentLimits(policy);
  }

  add(batch: SegmentBatch): void {
    this.byteLength += batch.byteLength;
    const active = this.#segments.at(-1);
    if (active === undefined || !addToSegment(active, batch, this.#limits)) this.#segments.push(beginSegment(batch));
  }

  /** Exclusive end of what was added; `fallback` if nothing was. */
  end(fallback: number): number {
    return this.#segments.at(-1)?.endOffset ?? fallback;
  }

  /** Where the active segment begins; `fallback` if nothing was added. */
  activeBase(fallback: number): number {
    return this.#segments.at(-1)?.baseOffset ?? fallback;
  }

  /**
   * @param stableOffset nothing at or behind it is cleaned: the last stable offset
   * @param cleanBytes bytes before the dirty part
   */
  cleanable(policy: CompactionPolicy, cleanBytes: number, stableOffset: number, nowMs: number): Cleanable {
    const closed = this.#segments.slice(0, -1);
    const firstDirtyOffset = this.#segments[0]?.baseOffset ?? 0;
    const youngMs = nowMs - policy.minCompactionLagMs;
    let dirtyBytes = 0;
    let endOffset = firstDirtyOffset;
    for (const segment of closed) {
      if (segment.endOffset > stableOffset) break;
      if (policy.minCompactionLagMs > 0 && segment.maxTimestampMs > youngMs) break;
      dirtyBytes += segment.byteLength;
      endOffset = segment.endOffset;
    }
    const dirtyRatio = dirtyBytes === 0 ? 0 : dirtyBytes / (cleanBytes + dirtyBytes);
    const lateMs = this.#lateMs(closed, policy, nowMs);
    const isDue = dirtyBytes > 0 && (lateMs > 0 || dirtyRatio > policy.minCleanableDirtyRatio);
    return { endOffset, dirtyBytes, dirtyRatio, lateMs, isDue };
  }

  /** By the oldest of all closed segments, as their first batches tell it; those without a time are left out. */
  #lateMs(closed: readonly VirtualSegment[], { maxCompactionLagMs }: CompactionPolicy, nowMs: number): number {
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const { firstTimestampMs } of closed) {
      if (firstTimestampMs > 0) earliestMs = Math.min(earliestMs, firstTimestampMs);
    }
    return Math.max(0, nowMs - maxCompactionLagMs - earliestMs);
  }
}
