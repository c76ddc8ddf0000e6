/**
 * What holds runs of streams: the journal file being written, a sealed one, a layer of stream-ordered segments, memory.
 * All that reads goes through this, and knows neither what lies around a batch nor how an index is laid out.
 *
 * The journal is a list of sources. Each covers an interval of journal sequences; together they cover the journal without
 * overlap, and the offsets of a stream ascend with the list. Consecutive sources may be replaced by one that covers the
 * interval of all of them and holds the same batches, or fewer: operations under way go on with what they hold.
 *
 * A run is a row of batches of one stream with ascending offsets and one leader epoch that lie close to each other.
 * Offsets may be missing between two batches, within a run and between runs: every batch says where it ends.
 */
import type { Counted, Part } from '../../base/counted.ts';
import type { StorageError, StreamId } from '../types.ts';
import type { AbortSearch } from '../index/abort-index.ts';

/**
 * Indexes that an operation holds while it runs, so that the budget cannot take them away under it. The key is the
 * source's own, one for each part of an index that is loaded by itself.
 */
export type Pins = Map<object, unknown>;

/** An attempt could not go on without a part of an index that is not in memory: load it and try again. */
export abstract class NeedsIndex {
  /** Loads it into the pins. @throws StorageError IO or CORRUPT when there is no index to be had */
  abstract load(pins: Pins): Promise<void>;
}

/** Visits what a source has of one stream. Offsets are exclusive at the end. Gives false to stop. */
export type RangeVisitor = (stream: StreamId, baseOffset: number, endOffset: number, byteLength: number) => boolean;

/**
 * One holder of runs. `retain` and `release` count who needs it: what is behind it, files included, stays until the last
 * reference is gone, also after it was taken out of the list. Parts hold one; whoever walks across an `await` must, too.
 */
export interface RunSource extends Counted {
  /** Journal sequences that it covers, both inclusive. Of the file being written, both are its own. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** What it is called in messages: a path, or '' in memory. */
  readonly name: string;
  /** Bytes that it takes on its disk, or in memory. */
  readonly storedBytes: number;
  /** Bytes of all batches in it, live or not. */
  readonly batchBytes: number;
  /** False when no marker of an aborted transaction is in it. */
  readonly hasAborts: boolean;
  /** True while somebody holds a reference. */
  readonly isReferenced: boolean;

  /** On the first batch of the stream that ends after `offset`; null when there is none here. */
  find(stream: StreamId, offset: number, pins: Pins | null): BatchCursor | NeedsIndex | null;
  /** One past the last offset of the stream's last batch here, or -1 when it has none here. */
  endOf(stream: StreamId, pins: Pins | null): number | NeedsIndex;
  /**
   * Has the search take the stream's aborted transactions whose markers are here, as far as they matter; true when none
   * in later sources can matter.
   */
  searchAborts(stream: StreamId, search: AbortSearch, pins: Pins | null): boolean | NeedsIndex;
  /**
   * Visits the ranges of all streams, from place `from` of the source's own order on, which stays the same once nothing is
   * added any more; a stream may have several, ascending. Gives the place of the one for which the visitor said false, or
   * -1 when it never did.
   */
  visitRanges(from: number, visit: RangeVisitor, pins: Pins | null): number | NeedsIndex;
}

/**
 * Stands on one batch of a stream in one source, and moves forward. One belongs to one operation. It needs no pins: it
 * holds what it reads from. The fields of the run are those of the run that the batch is in.
 */
export interface BatchCursor {
  readonly source: RunSource;
  readonly stream: StreamId;

  readonly baseOffset: number;
  /** Exclusive; the next batch may begin later. */
  readonly endOffset: number;
  /** Bytes of the batch as it is sent. */
  readonly byteLength: number;

  readonly runBaseOffset: number;
  /** Exclusive: the end of the run's last batch. */
  readonly runEndOffset: number;
  /** Sum over all batches of the run. */
  readonly runByteLength: number;
  /** Largest timestamp in the run in ms, or -1 when no record has one. */
  readonly runMaxTimestampMs: number;
  /** When the run was last written to, in ms; where that was not kept, a time before that. */
  readonly runWrittenMs: number;
  readonly leaderEpoch: number;

  /** To the stream's next batch here. False, and it stays, when there is none at hand: see `mayGoOn`. */
  next(): boolean;
  /** To the next batch of the same run. False, and it stays, when there is none. */
  nextInRun(): boolean;
  /** To the first batch of the stream's next run here; else as `next`. */
  nextRun(): boolean;
  /** Once `nextRun` gave false: the source may have more of the stream, and finds it from `runEndOffset` on. */
  readonly mayGoOn: boolean;
  /** Another cursor on the same batch. */
  copy(): BatchCursor;

  /** Why the batch is not served: it was found damaged before; else null. */
  refusal(): StorageError | null;
  /**
   * Adds the batch to the parts to send, of which the last may grow instead, if this cursor added it. Batches are taken in
   * order; some may be left out. The caller owns the parts, and releases each.
   */
  take(into: Part[]): void;

  /**
   * Brings the first `SCANNED_BYTES` of this and the following batches of the run at hand for `header`.
   * @throws StorageError IO, CORRUPT, DROPPED
   */
  loadHeaders(): Promise<void>;
  /** The first `SCANNED_BYTES` of the batch, or all of a shorter one; null, and the log says so, when it is damaged. */
  header(): Buffer | null;
  /** Brings what `maxTimestampMs` needs of this and the following batches of the run at hand. @throws as `loadHeaders` */
  loadTimestamps(): Promise<void>;
  /** Largest timestamp of the batch in ms, or -1. @throws StorageError CORRUPT when it is damaged */
  maxTimestampMs(): number;
  /** The bytes of the batch, all checksums checked. @throws StorageError CORRUPT when it is damaged; else as `loadHeaders` */
  batch(): Promise<Buffer>;
}
