/** Compaction as whoever asks for it sees it: what a stream's policy is, what could be done, what is to be done, what was. */

/** A compacted topic's settings. */
export interface CompactionPolicy {
  /** Share of a log that must be dirty before it is compacted, 0 to 1. */
  readonly minCleanableDirtyRatio: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
}

/** What could be compacted of a stream. */
export interface Cleanable {
  /** Exclusive end of what may be compacted; at or before the first dirty offset if that is nothing. */
  readonly endOffset: number;
  readonly dirtyBytes: number;
  /** Dirty bytes of all that is closed, 0 to 1. */
  readonly dirtyRatio: number;
  /** How long ago it should have been compacted by max.compaction.lag.ms, or 0. */
  readonly lateMs: number;
  readonly isDue: boolean;
}

/** Where each producer that the partition knows has got to: what a restart learns of it must stay. Columns of equal length. */
export interface ProducerEnds {
  readonly producerId: BigInt64Array;
  readonly epoch: Int32Array;
  /** Last offset of its newest batch in this epoch, or -1 without one. */
  readonly lastOffset: Float64Array;
}

/** What to compact: of a stream all up to an offset. */
export interface CompactionRequest {
  readonly stream: number;
  /** Exclusive end of the dirty part: what lies at or behind it is left as it is. */
  readonly endOffset: number;
  /** When the pass began, in ms. */
  readonly nowMs: number;
  /** How long tombstones, and markers of transactions that are gone, stay after the first pass that saw them. */
  readonly deleteRetentionMs: number;
  readonly producers: ProducerEnds;
  /** What may be written besides to make it possible, in bytes. */
  readonly worthBytes: number;
  /** Bytes that the map of keys may take, and the share of it that may be filled (Kafka's log.cleaner settings). */
  readonly mapBytes: number;
  readonly mapLoadFactor: number;
  /** Bytes that may be read and written a second, together, for it; without, as fast as other merges. */
  readonly bytesPerSecond?: number;
}

/** What a pass did. Can be sent from a worker as it is. */
export interface CompactionOutcome {
  readonly stream: number;
  /** All before it is compacted now. Less than the request's end if the offset map was full. */
  readonly cleanedEnd: number;
  /** Why the stream cannot be compacted; null if it can. What was read then is written as it was. */
  readonly problem: string | null;
  readonly counts: CompactionCounts;
}

export interface CompactionCounts {
  /** Bytes of batches that came, and of what was written for them. */
  bytesBefore: number;
  bytesAfter: number;
  recordsBefore: number;
  recordsAfter: number;
  /** Records without a key that were dropped. */
  keylessRecords: number;
  /** Batches that expand to too much: they are kept whole. */
  largeBatches: number;
  /** Keys in the offset map, and for how many it has room. */
  keys: number;
  mapCapacity: number;
}
