/**
 * Compaction of one stream, as Kafka's cleaner does it: of all records with the same key the latest stays. A pass reads
 * the keys of what was not compacted yet (the dirty part) into an `OffsetMap` (`key-pass.ts`), then goes over the whole
 * stream from its start and drops, keeps or writes anew each batch (`stream-cleaner.ts`, `rewrite.ts`). Nothing here
 * touches files, sockets or clocks.
 */
import type { CompactionRequest } from '../compaction-types.ts';
import type { AbortedTransaction } from '../types.ts';

/** What a pass over one stream needs to know. Can be sent to a worker as it is. */
export interface CompactionTask extends CompactionRequest {
  /**
   * The dirty part begins here. Batches that end at or before it were compacted by us: a delete horizon in them is our
   * own, while a client may have set any bit in the others.
   */
  readonly firstDirtyOffset: number;
  /** Aborted transactions of which something may lie before `endOffset`, in order of their markers. */
  readonly aborted: readonly AbortedTransaction[];
}
