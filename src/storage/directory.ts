/**
 * The stream directory: one row of numbers per stream, so that an idle stream costs about a hundred bytes and no object,
 * timer or file. Rows of deleted streams are used again.
 */
import { RowIndex } from '../base/row-index.ts';
import { RowPages } from '../base/row-pages.ts';
import type { StreamId } from './types.ts';

/** Row flags. */
export const ROW_INTERNAL = 1;
/** The stream's creation waits to be written. Never in a checkpoint. */
export const ROW_QUEUED = 4;
/** Somebody asked what could be compacted of it: merges give such streams files of their own. */
export const ROW_COMPACTED = 2;

export class Directory {
  /** What an append touches lies together; the first six columns in one line of the processor's cache. */
  readonly #often = new RowPages();
  readonly #seldom = new RowPages();
  /** Stream id of each row; 0 marks a free row. */
  readonly stream = this.#often.column();
  /** One past the last offset appended, committed or not. */
  readonly logEnd = this.#often.column();
  /** One past the last offset that is in the journal. */
  readonly writtenEnd = this.#often.column();
  /** Payload bytes between log start and the written end. */
  readonly liveBytes = this.#often.column();
  /** Leader epoch of the newest batch, or -1. */
  readonly leaderEpoch = this.#often.column();
  /** Sequence of the file that holds the newest batch; 0 before the first. */
  readonly newestFile = this.#often.column();
  readonly logStart = this.#often.column();
  readonly flags = this.#often.column();
  /** The log start as the journal has it: `logStart` moves first. */
  readonly journaledStart = this.#seldom.column();
  /** Sequence of the file that holds the newest snapshot; 0 when there is none. */
  readonly snapshotFile = this.#seldom.column();
  readonly snapshotPosition = this.#seldom.column();
  readonly snapshotOffset = this.#seldom.column();
  readonly snapshotLength = this.#seldom.column();
  /** One past the newest marker of an aborted transaction; 0 when there was none. */
  readonly newestAbortEnd = this.#seldom.column();
  /** All before it is compacted; 0 when nothing was. */
  readonly compactedEnd = this.#seldom.column();

  /** Where trims get to whose bytes are counted, and which the journal does not have yet. */
  readonly countedTrims = new Map<StreamId, number>();

  readonly #rows = new RowIndex(this.stream);
  readonly #free: number[] = [];
  #used = 0;
  /** Sum of liveBytes over all rows. */
  totalLiveBytes = 0;
  /** Live bytes that ever died: grows only. */
  diedBytes = 0;
  /** The largest stream id and end offset so far. */
  largestStream = 0;
  largestEnd = 0;
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
    return this.#often.memoryBytes + this.#seldom.memoryBytes + this.#rows.memoryBytes;
  }

  /** The row of a stream, or -1. */
  find(stream: StreamId): number {
    return this.#rows.find(stream);
  }

  /** Makes room for so many streams in an empty directory. */
  reserve(streams: number): void {
    this.#rows.reserve(streams);
  }

  /** Adds an empty stream at offset 0; gives its row. The stream must be unknown. */
  add(stream: StreamId, flags: number): number {
    const free = this.#free.pop();
    const row = free ?? this.#used++;
    // The others hold zeros as they are.
    if (free !== undefined) for (const pages of [this.#often, this.#seldom]) pages.clear(row);
    this.stream.set(row, stream);
    this.largestStream = Math.max(this.largestStream, stream);
    this.#rows.add(row);
    this.leaderEpoch.set(row, -1);
    this.flags.set(row, flags);
    return row;
  }

  /** The journal has the stream from now on, unless it was deleted since. */
  noteCreated(stream: StreamId): void {
    const row = this.find(stream);
    if (row >= 0) this.flags.set(row, this.flags.get(row) & ~ROW_QUEUED);
  }

  remove(stream: StreamId): void {
    const row = this.find(stream);
    if (row < 0) return;
    this.totalLiveBytes -= this.liveBytes.get(row);
    this.diedBytes += this.liveBytes.get(row);
    this.liveBytes.set(row, 0);
    this.#rows.remove(row);
    this.stream.set(row, 0);
    this.snapshotFile.set(row, 0);
    this.#free.push(row);
  }

  /** Moves `logEnd` on. */
  moveEnd(row: number, endOffset: number): void {
    this.logEnd.set(row, endOffset);
    if (endOffset > this.largestEnd) this.largestEnd = endOffset;
  }

  addLiveBytes(row: number, bytes: number): void {
    this.liveBytes.set(row, this.liveBytes.get(row) + bytes);
    this.totalLiveBytes += bytes;
    if (bytes < 0) this.diedBytes -= bytes;
  }

  setSnapshotLength(row: number, byteLength: number): void {
    this.snapshotLength.set(row, byteLength);
    if (byteLength > this.largestSnapshotBytes) this.largestSnapshotBytes = byteLength;
  }

  /** True until the stream's creation is in the journal. */
  isQueued(row: number): boolean {
    return (this.flags.get(row) & ROW_QUEUED) !== 0;
  }

  isInternal(row: number): boolean {
    return (this.flags.get(row) & ROW_INTERNAL) !== 0;
  }

  isCompacted(row: number): boolean {
    return (this.flags.get(row) & ROW_COMPACTED) !== 0;
  }

  /** All streams with their rows, in no order. */
  *entries(): Generator<[StreamId, number], void, undefined> {
    for (let row = 0; row < this.#used; row++) {
      const stream = this.stream.get(row);
      if (stream !== 0) yield [stream, row];
    }
  }
}
