/**
 * A merge as the engine orders it and gets it back: consecutive sources in, one layer of segment files out. It reads and
 * writes files only. What it made counts once the catalog says so; until then its files are leftovers, which their names
 * tell by the merge they are of.
 */
import type { Seal } from '../index/journal-file.ts';
import type { SegmentDescriptor } from '../segment/descriptor.ts';
import type { AbortedTransaction, StreamId } from '../types.ts';

/** A sealed journal file. */
export interface JournalInput {
  readonly kind: 'journal';
  readonly sequence: number;
  readonly path: string;
  /** Length of the file. */
  readonly byteLength: number;
  /** Where its index is; one that is damaged is made again from the entries. */
  readonly seal: Seal;
}

/** A layer that an earlier merge made. */
export interface LayerInput {
  readonly kind: 'layer';
  /** Journal sequences that it covers, inclusive. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** Its files in order of (stream, offset). */
  readonly segments: readonly SegmentInput[];
}

export interface SegmentInput {
  readonly path: string;
  readonly descriptor: SegmentDescriptor;
  /** Written anew even where it could become part of the new layer as it is: much of it is dead, or to be compacted. */
  readonly mustRewrite: boolean;
}

export type MergeInput = JournalInput | LayerInput;

/** What to merge, and how. Can be sent to a worker as it is. */
export interface MergePlan {
  readonly mergeId: number;
  /** Folder of the segment files; exists. */
  readonly folder: string;
  readonly clusterId: string;
  /** The time, in ms: of the files' headers, and for rules that go by age. */
  readonly nowMs: number;
  /** Consecutive sources, oldest first. */
  readonly inputs: readonly MergeInput[];
  /** No segment file grows much beyond this. */
  readonly maxSegmentBytes: number;
  /** A stream with this many bytes in all inputs gets segment files of its own. */
  readonly largeStreamBytes: number;
  /** zstd level of the blocks, 1 to 22, or 0 for none. */
  readonly level: number;
  /** Bytes read and written a second together, or 0 for no limit; `MergeHandle.setRate` changes it. */
  readonly bytesPerSecond: number;
}

/** What a merge asks about streams as it comes to them, in ascending order, up to a thousand at a time. */
export interface StreamAnswers {
  /**
   * Log start offset of each stream asked for; Infinity for one that is deleted or unknown, or whose batches do not belong
   * into segments: they are left out.
   */
  readonly logStart: Float64Array;
  /** By row of the question, for streams that are compacted: what `BatchFilters` needs to know. */
  readonly compacted: ReadonlyMap<number, unknown>;
}

export type AskStreams = (streams: Float64Array) => StreamAnswers | Promise<StreamAnswers>;

/** One batch on its way through a merge. */
export interface MergedBatch {
  readonly stream: StreamId;
  readonly baseOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  readonly leaderEpoch: number;
  readonly maxTimestampMs: number;
  /** When it was written, in ms, or 0 when that is not known. */
  readonly writtenMs: number;
  /** Its CRC was checked, unless it is damaged. Only valid until the next batch is asked for. */
  readonly bytes: Buffer;
  /** False for the opaque payloads of programs that embed the engine, and for what is damaged. */
  readonly isRecordBatch: boolean;
  /** Where it lies, when it is not what it was: it is taken along as it is, and whoever reads it is told. Else null. */
  readonly damage: MergeDamage | null;
}

/** Decides about the batches of one compacted stream, in order of offset. */
export interface BatchFilter {
  /**
   * What to write for a batch: the same bytes, others with the same base and end offset, or null for nothing. The log
   * start and what lies before it were dealt with already. A promise where records are compressed.
   */
  filter(batch: MergedBatch): Buffer | null | Promise<Buffer | null>;
  /** Whether an aborted transaction stays in the index; asked behind the batch of its marker, the last of its batches. */
  keepsAborted(aborted: AbortedTransaction): boolean;
  /** Called last; what it returns comes back in `MergeResult.compacted`. */
  finish(): unknown;
}

/** Takes the next batch; false when it has seen enough. */
export type VisitBatch = (batch: MergedBatch) => boolean | Promise<boolean>;

/** Makes the filters of compacted streams; in the worker. */
export interface BatchFilters {
  /**
   * @param parameters what `AskStreams` said about the stream
   * @param walk shows the stream's live batches that end behind `fromOffset`, in all inputs, in order of offset
   */
  create(
    stream: StreamId,
    parameters: unknown,
    walk: (fromOffset: number, visit: VisitBatch) => Promise<void>,
  ): BatchFilter | null | Promise<BatchFilter | null>;
}

/** A file of the new layer. */
export interface LayerSegment {
  readonly descriptor: SegmentDescriptor;
  /** It was an input and is part of the new layer as it is. */
  readonly isMoved: boolean;
}

/** A place where a file is not what it should be. */
export interface MergeDamage {
  readonly path: string;
  readonly position: number;
  readonly stream: StreamId;
}

/** What a merge that went through made. All files are on the device, and their names. */
export interface MergeResult {
  /** The interval of the new layer: that of all inputs. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** In order of (stream, offset); none when nothing was live. */
  readonly segments: readonly LayerSegment[];
  /** Bytes of batches that were left out: dead, or removed by compaction. */
  readonly droppedBytes: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** How long it took to compress each block, in ms. */
  readonly compressionMs: Float32Array;
  /** What the filters of compacted streams said at their end. */
  readonly compacted: ReadonlyMap<StreamId, unknown>;
  /** Batches that are damaged and were taken along; the first of them. */
  readonly damaged: readonly MergeDamage[];
}

export type MergeOutcome =
  | { readonly kind: 'done'; readonly result: MergeResult }
  | { readonly kind: 'cancelled' }
  /** Nobody knows what the file holds: it cannot be merged, and is left as it is. */
  | { readonly kind: 'damaged'; readonly damage: MergeDamage };

/** A merge under way. */
export interface MergeHandle {
  /**
   * How it ended. Whatever the end, the merge is done with all files. Files of one that was not done are removed as far as
   * possible. Rejects with a StorageError IO or DISK_FULL.
   */
  readonly outcome: Promise<MergeOutcome>;
  /** Ends it soon. */
  cancel(): void;
  setRate(bytesPerSecond: number): void;
}

/** Runs merges one after the other. */
export interface Merger {
  start(plan: MergePlan, ask: AskStreams): MergeHandle;
  /** Cancels the merge under way; resolves when nothing is left running. */
  close(): Promise<void>;
}
