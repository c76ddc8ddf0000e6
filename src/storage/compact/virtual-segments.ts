/**
 * Where a stream's segments would end if each had files of its own, as in Kafka: `segment.bytes` and `segment.ms` say so,
 * and retention and compaction go by it. The last one is the active segment, which neither cleans.
 */

/** A batch as segments see it. */
export interface SegmentBatch {
  readonly baseOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  readonly byteLength: number;
  /** Largest timestamp in ms, or -1. */
  readonly maxTimestampMs: number;
  /** When it was written, in ms. */
  readonly writtenMs: number;
}

export interface SegmentLimits {
  readonly segmentBytes: number;
  readonly segmentMs: number;
}

export interface VirtualSegment {
  readonly baseOffset: number;
  /** Exclusive: the end of its last batch. */
  endOffset: number;
  byteLength: number;
  /** Largest timestamp of its first batch in ms, or -1: the clock by which it ends. */
  readonly firstTimestampMs: number;
  /** Of all batches. */
  maxTimestampMs: number;
  /** When its first batch was written, and its last. */
  readonly firstWrittenMs: number;
  writtenMs: number;
}

/** A segment that begins with this batch. */
export function beginSegment(batch: SegmentBatch): VirtualSegment {
  const { baseOffset, endOffset, byteLength, maxTimestampMs, writtenMs } = batch;
  return {
    baseOffset,
    endOffset,
    byteLength,
    firstTimestampMs: maxTimestampMs,
    maxTimestampMs,
    firstWrittenMs: writtenMs,
    writtenMs,
  };
}

/** Adds a batch; false if it begins a new segment: then nothing was changed. */
export function addToSegment(segment: VirtualSegment, batch: SegmentBatch, limits: SegmentLimits): boolean {
  if (segment.byteLength + batch.byteLength > limits.segmentBytes) return false;
  // Where the first batch has no time, the age of the segment counts.
  const isDated = segment.firstTimestampMs >= 0;
  const ageMs = isDated ? batch.maxTimestampMs - segment.firstTimestampMs : batch.writtenMs - segment.firstWrittenMs;
  if (ageMs > limits.segmentMs) return false;
  segment.endOffset = batch.endOffset;
  segment.byteLength += batch.byteLength;
  segment.maxTimestampMs = Math.max(segment.maxTimestampMs, batch.maxTimestampMs);
  segment.writtenMs = batch.writtenMs;
  return true;
}
