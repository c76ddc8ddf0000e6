/**
 * The stream directory: one fixed-size row per stream in typed arrays, so that an idle stream costs about a hundred
 * bytes and no object, timer or file. Rows of deleted streams are used again.
 */
import { NumberMap } from '../base/number-map.ts';
import type { StreamId } from './types.ts';

const FIRST_CAPACITY = 64;

/** Row flags. */
export const ROW_INTERNAL = 1;
/** The stream's creation waits to be written. Never in a checkpoint. */
export const ROW_QUEUED = 4;
/** Somebody asked what could be compacted of it: merges give such streams files of their own. */
export const ROW_COMPACTED = 2;

type Column = Float64Array | Int32Array | Uint32Array | Uint8Array;

function grown<T extends Column>(column: T, capacity: number): T {
  const larger = new (column.constructor as new (length: number) => T)(capacity);
  larger.set(column as never);
  return larger;
}

export class Directory {
  /** Stream id of each row; 0 marks a free row. */
  stream = new Float64Array(FIRST_CAPACITY);
  logStart = new Float64Array(FIRST_CAPACITY);
  /** The log start as the journal has it: `logStart` moves first. */
  journaledStart = new Float64Array(FIRST_CAPACITY);
  /** One past the last offset appended, committed or not. */
  logEnd = new Float64Array(FIRST_CAPACITY);
  /** One past the last offset that is in the journal. */
  writtenEnd = new Float64Array(FIRST_CAPACITY);
  /** Payload bytes between log start and the written end. */
  liveBytes = new Float64Array(FIRST_CAPACITY);
  /** Leader epoch of the newest batch, or -1. */
  leaderEpoch = new Int32Array(FIRST_CAPACITY);
  /** Sequence of the file that holds the newest batch; 0 before the first. */
  newestFile = new Float64Array(FIRST_CAPACITY);
  /** Sequence of the file that holds the newest snapshot; 0 when there is none. */
  snapshotFile = new Float64Array(FIRST_CAPACITY);
  snapshotPosition = new Float64Array(FIRST_CAPACITY);
  snapshotOffset = new Float64Array(FIRST_CAPACITY);
  snapshotLength = new Uint32Array(FIRST_CAPACITY);
  /** One past the newest marker of an aborted transaction; 0 when there was none. */
  newestAbortEnd = new Float64Array(FIRST_CAPACITY);
  /** All before it is compacted; 0 when nothing was. */
  compactedEnd = new Float64Array(FIRST_CAPACITY);
  flags = new Uint8Array(FIRST_CAPACITY);

  readonly #rows = new NumberMap();
  readonly #free: number[] = [];
  #used = 0;
  /** Sum of liveBytes over all rows. */
  totalLiveBytes = 0;
  /** Live bytes that ever died: grows only. */
  diedBytes = 0;
  /** Payload bytes of the largest snapshot so far. */
  largestSnapshotBytes = 0;

  /** Number of streams. */
  get size(): number {
    return this.#rows.size;
  }

  /** Rows ever used: those of streams, and free ones, are below this. */
  get rowLimit(): number {
    return this.#used;
  }

  /** Bytes held by the columns. */
  get memoryBytes(): number {
    return this.stream.length * (8 * 12 + 4 + 4 + 1) + this.#rows.memoryBytes;
  }

  /** The row of a stream, or -1. */
  find(stream: StreamId): number {
    return this.#rows.get(stream);
  }

  /** Adds an empty stream at offset 0; gives its row. The stream must be unknown. */
  add(stream: StreamId, flags: number): number {
    const row = this.#free.pop() ?? this.#used++;
    if (row >= this.stream.length) this.#grow(this.stream.length * 2);
    this.#rows.set(stream, row);
    this.stream[row] = stream;
    this.logStart[row] = 0;
    this.journaledStart[row] = 0;
    this.logEnd[row] = 0;
    this.writtenEnd[row] = 0;
    this.liveBytes[row] = 0;
    this.leaderEpoch[row] = -1;
    this.newestFile[row] = 0;
    this.snapshotFile[row] = 0;
    this.snapshotPosition[row] = 0;
    this.snapshotOffset[row] = 0;
    this.snapshotLength[row] = 0;
    this.newestAbortEnd[row] = 0;
    this.compactedEnd[row] = 0;
    this.flags[row] = flags;
    return row;
  }

  /** The journal has the stream from now on, unless it was deleted since. */
  noteCreated(stream: StreamId): void {
    const row = this.find(stream);
    if (row >= 0) this.flags[row] = (this.flags[row] as number) & ~ROW_QUEUED;
  }

  remove(stream: StreamId): void {
    const row = this.find(stream);
    if (row < 0) return;
    this.totalLiveBytes -= this.liveBytes[row] as number;
    this.diedBytes += this.liveBytes[row] as number;
    this.liveBytes[row] = 0;
    this.stream[row] = 0;
    this.snapshotFile[row] = 0;
    this.#rows.delete(stream);
    this.#free.push(row);
  }

  addLiveBytes(row: number, bytes: number): void {
    this.liveBytes[row] = (this.liveBytes[row] as number) + bytes;
    this.totalLiveBytes += bytes;
    if (bytes < 0) this.diedBytes -= bytes;
  }

  setSnapshotLength(row: number, byteLength: number): void {
    this.snapshotLength[row] = byteLength;
    if (byteLength > this.largestSnapshotBytes) this.largestSnapshotBytes = byteLength;
  }

  /** True until the stream's creation is in the journal. */
  isQueued(row: number): boolean {
    return ((this.flags[row] as number) & ROW_QUEUED) !== 0;
  }

  isInternal(row: number): boolean {
    return ((this.flags[row] as number) & ROW_INTERNAL) !== 0;
  }

  isCompacted(row: number): boolean {
    return ((this.flags[row] as number) & ROW_COMPACTED) !== 0;
  }

  /** All streams with their rows, in no order. */
  *entries(): Generator<[StreamId, number], void, undefined> {
    for (let row = 0; row < this.#used; row++) {
      const stream = this.stream[row] as number;
      if (stream !== 0) yield [stream, row];
    }
  }

  #grow(capacity: number): void {
    this.stream = grown(this.stream, capacity);
    this.logStart = grown(this.logStart, capacity);
    this.journaledStart = grown(this.journaledStart, capacity);
    this.logEnd = grown(this.logEnd, capacity);
    this.writtenEnd = grown(this.writtenEnd, capacity);
    this.liveBytes = grown(this.liveBytes, capacity);
    this.leaderEpoch = grown(this.leaderEpoch, capacity);
    this.newestFile = grown(this.newestFile, capacity);
    this.snapshotFile = grown(this.snapshotFile, capacity);
    this.snapshotPosition = grown(this.snapshotPosition, capacity);
    this.snapshotOffset = grown(this.snapshotOffset, capacity);
    this.snapshotLength = grown(this.snapshotLength, capacity);
    this.newestAbortEnd = grown(this.newestAbortEnd, capacity);
    this.compactedEnd = grown(this.compactedEnd, capacity);
    this.flags = grown(this.flags, capacity);
  }
}
