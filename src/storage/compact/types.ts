/**
 * Compaction of one stream, as Kafka's cleaner does it: of all records with the same key the latest stays. A pass reads
 * the keys of what was not compacted yet (the dirty part) into an `OffsetMap` (`key-pass.ts`), then goes over the whole
 * stream from its start and drops, keeps or writes anew each batch (`stream-cleaner.ts`, `rewrite.ts`). Nothing here
 * touches files, sockets or clocks.
 */
import type { AbortedTransaction, StreamId } from '../types.ts';

/** What a pass over one stream needs to know. Can be sent to a worker as it is. */
export interface CompactionTask {
  readonly stream: StreamId;
  /**
   * The dirty part begins here. Batches that end at or before it were compacted by us: a delete horizon in them is our
   * own, while a client may have set any bit in the others.
   */
  readonly firstDirtyOffset: number;
  /** Exclusive end of the dirty part: what lies at or behind it is left as it is. */
  readonly endOffset: number;
  /** When the pass began, in ms. */
  readonly nowMs: number;
  /** How long tombstones, and markers of transactions that are gone, stay after the first pass that saw them. */
  readonly deleteRetentionMs: number;
  /** Aborted transactions of which something may lie before `endOffset`, in order of their markers. */
  readonly aborted: readonly AbortedTransaction[];
  readonly producers: ProducerEnds;
}

/** Where each producer that the partition knows has got to: what a restart learns of it must stay. Columns of equal length. */
export interface ProducerEnds {
  readonly producerId: BigInt64Array;
  readonly epoch: Int32Array;
  /** Last offset of its newest batch in this epoch, or -1 without one. */
  readonly lastOffset: Float64Array;
}

/** What a pass did. Can be sent from a worker as it is. */
export interface CompactionOutcome {
  readonly stream: StreamId;
  /** All before it is compacted now. Less than the task's end if the offset map was full. */
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
