/**
 * What the engine knows about the batches in one journal file: runs (contiguous batches of one stream) and, for each
 * run, its entries. All typed arrays. The file being written has an `ActiveIndex`; a sealed file a `RunIndex` with the
 * same tables, the runs sorted.
 */
import type { AbortIndex } from './abort-index.ts';

/** Adds no more than this to a run, so that a run is also a place to start a search from. */
export const MAX_RUN_BYTES = 1024 * 1024;

/** Entries of a file in the order they lie in it. */
export interface EntryColumns {
  /** Position of the entry's header / 8. */
  readonly position8: Uint32Array;
  /** Payload bytes. */
  readonly length: Uint32Array;
  /** Base offset of the batch minus that of its run. */
  readonly offsetDelta: Uint32Array;
}

export interface RunColumns {
  readonly stream: Float64Array;
  readonly baseOffset: Float64Array;
  /** Exclusive. */
  readonly endOffset: Float64Array;
  readonly maxTimestampMs: Float64Array;
  /** Time of the run's last write in ms, or 0 when that is not known. */
  readonly writtenMs: Float64Array;
  readonly leaderEpoch: Int32Array;
  readonly firstEntry: Uint32Array;
  readonly entryCount: Uint32Array;
  /** Sum of the payloads. */
  readonly byteLength: Uint32Array;
}

/** An index one can read batches through. Runs and entries are named by their row. */
export interface FileIndex {
  readonly runs: RunColumns;
  readonly entries: EntryColumns;
  /** Transactions whose abort markers are in the file. */
  readonly aborts: AbortIndex;
  readonly runCount: number;
  /** Was used lately. */
  isUsed: boolean;
  /** The run of the stream that holds `offset`, or the first one after it, or -1 when all end at or before it. */
  find(stream: number, offset: number): number;
  /** The stream's next run in this file, or -1. */
  next(run: number): number;
  /** One past the stream's last offset in this file, or -1 when it has nothing here. */
  endOf(stream: number): number;
}

/** The entry of `run` whose batch contains `offset`, which must lie in the run. */
export function entryAt(index: FileIndex, run: number, offset: number): number {
  const { runs, entries } = index;
  const delta = offset - (runs.baseOffset[run] as number);
  let low = runs.firstEntry[run] as number;
  let high = low + (runs.entryCount[run] as number) - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((entries.offsetDelta[middle] as number) <= delta) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** One past the last offset of an entry of `run`. */
export function entryEndOffset(index: FileIndex, run: number, entry: number): number {
  const { runs, entries } = index;
  const last = (runs.firstEntry[run] as number) + (runs.entryCount[run] as number) - 1;
  if (entry >= last) return runs.endOffset[run] as number;
  return (runs.baseOffset[run] as number) + (entries.offsetDelta[entry + 1] as number);
}

/** Position of an entry's header in its file. */
export function entryPosition(index: FileIndex, entry: number): number {
  return (index.entries.position8[entry] as number) * 8;
}
