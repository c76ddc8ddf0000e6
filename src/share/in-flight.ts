/**
 * All records of a share partition between its start offset, before which everything is done with, and its end offset,
 * the last one that was ever acquired. What is fetched next is the first record that may be delivered again, else the
 * record behind the end.
 */
import { BatchList } from './batch-list.ts';
import { countOf, InFlightBatch, type Run } from './in-flight-batch.ts';
import { isAvailable, isTerminal, RecordState, type RecordStatus, statusOf } from './record-status.ts';

/** Stored state of records next to each other; offsets are inclusive. */
export interface StateBatch {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly deliveryState: number;
  readonly deliveryCount: number;
}

export class InFlight {
  readonly batches = new BatchList();
  startOffset = 0;
  /** Inclusive; without batches the next offset to fetch. */
  endOffset = 0;
  /** False when no record in flight may be delivered again for sure. */
  mayHaveAvailable = false;
  /**
   * What lies between the batches of a stored state was acquired but never acknowledged: it has to be fetched, from
   * `firstOffset` on. Later holes have no records. Over when the end offset moves.
   */
  #holes: { firstOffset: number; readonly endOffset: number } | null = null;

  /** Takes over a stored state. @throws Error when it contradicts itself */
  load(startOffset: number, stored: readonly StateBatch[]): void {
    this.startOffset = startOffset;
    this.endOffset = startOffset;
    let nextOffset = startOffset;
    let firstHole: number | null = null;
    for (const { firstOffset, lastOffset, deliveryState, deliveryCount } of stored) {
      if (firstOffset < nextOffset || lastOffset < firstOffset) {
        throw new Error(`The stored state is wrong at offset ${firstOffset}.`);
      }
      if (firstOffset > nextOffset) firstHole ??= nextOffset;
      nextOffset = lastOffset + 1;
      this.batches.add(
        new InFlightBatch(firstOffset, lastOffset, statusOf(deliveryState as RecordState, deliveryCount)),
      );
    }
    const { last } = this.batches;
    if (last === undefined) return;
    this.mayHaveAvailable = true;
    this.endOffset = last.lastOffset;
    if (firstHole !== null) this.#holes = { firstOffset: firstHole, endOffset: last.lastOffset };
    this.moveStart();
  }

  /** Offsets in flight, those without a record too. */
  get count(): number {
    return this.batches.size === 0 ? 0 : this.endOffset - this.startOffset + 1;
  }

  get hasHoles(): boolean {
    return this.#holes !== null && this.#holes.endOffset === this.endOffset;
  }

  nextFetchOffset(): number {
    const { last } = this.batches;
    if (last === undefined || this.startOffset > last.lastOffset) {
      this.mayHaveAvailable = false;
      return this.endOffset;
    }
    const again = this.mayHaveAvailable ? this.#firstAgain() : null;
    if (again !== null) return again;
    this.mayHaveAvailable = false;
    return this.endOffset + 1;
  }

  /** First offset in flight that has to be fetched, or null. */
  #firstAgain(): number | null {
    let hole = this.hasHoles ? (this.#holes?.firstOffset ?? null) : null;
    for (const batch of this.batches) {
      if (hole !== null) {
        if (batch.firstOffset > hole) return hole;
        hole = Math.max(batch.lastOffset + 1, hole);
      }
      const run = batch.runs.find(({ status }) => isAvailable(status));
      if (run !== undefined) return run.firstOffset;
    }
    return null;
  }

  /** Holes before `offset` have been fetched. */
  passHoles(offset: number): void {
    if (this.#holes === null) return;
    if (this.hasHoles && offset <= this.#holes.endOffset) this.#holes.firstOffset = offset;
    else this.#holes = null;
  }

  /** Offsets from the start on that are never delivered again. */
  get completeCount(): number {
    let count = 0;
    for (const batch of this.batches) {
      for (const run of batch.runs) {
        if (!isTerminal(run.status) || run.lastOffset < this.startOffset) continue;
        count += run.lastOffset - Math.max(run.firstOffset, this.startOffset) + 1;
      }
    }
    return count;
  }

  /** Moves the start past what is done with and forgets batches that are done with altogether; true if it moved. */
  moveStart(): boolean {
    if (!this.#isDoneAt(this.startOffset)) return false;
    const doneThrough = this.#doneThrough();
    const { last } = this.batches;
    if (doneThrough === null || last === undefined) return false;
    if (doneThrough === last.lastOffset) {
      this.startOffset = Math.max(this.startOffset, doneThrough + 1);
      this.endOffset = this.startOffset;
      this.batches.dropThrough(doneThrough);
      return true;
    }
    const batch = this.batches.floor(doneThrough);
    // A hole between batches has no records, unless it still has to be fetched.
    let start = batch?.lastOffset === doneThrough ? this.batches.higher(doneThrough)?.firstOffset : doneThrough + 1;
    start ??= doneThrough + 1;
    if (this.hasHoles) start = Math.min(start, this.#holes?.firstOffset ?? start);
    this.startOffset = Math.max(this.startOffset, start);
    this.batches.dropThrough(doneThrough);
    return true;
  }

  /** Whether the record at `offset` is done with, or one that lies behind it, when there is none. */
  #isDoneAt(offset: number): boolean {
    const batch = this.batches.floor(offset);
    if (batch === undefined) return false;
    const run = batch.runs.find(({ lastOffset }) => lastOffset >= offset) ?? (batch.runs.at(-1) as Run);
    return run.status.pending === null && isTerminal(run.status);
  }

  /** Last offset before which all are done with, or null. */
  #doneThrough(): number | null {
    let done: number | null = null;
    for (const batch of this.batches) {
      if (this.hasHoles && batch.lastOffset >= (this.#holes?.firstOffset ?? Infinity)) return done;
      for (const { status, lastOffset } of batch.runs) {
        if (status.pending !== null || !isTerminal(status)) return done;
        done = lastOffset;
      }
    }
    return done;
  }

  /** The log begins at `logStartOffset` now: what is available before is gone, what is acquired ends with its lock. */
  moveLogStart(logStartOffset: number): void {
    const firstOffset = this.batches.first?.firstOffset ?? logStartOffset;
    const isArchived = this.archive(firstOffset, logStartOffset - 1, RecordState.AVAILABLE);
    if (isArchived) this.mayHaveAvailable = true;
    if (logStartOffset <= this.startOffset) return;
    this.startOffset = logStartOffset;
    this.endOffset = this.batches.size === 0 ? logStartOffset : Math.max(this.endOffset, logStartOffset);
  }

  /** Archives records of the range, ends included, that are in `state`; true if there were any. */
  archive(firstOffset: number, lastOffset: number, state: RecordState): boolean {
    let isArchived = false;
    for (const batch of this.batches.overlapping(firstOffset, lastOffset)) {
      if (!batch.isSplit && batch.status.state !== state) continue;
      if (!batch.isWithin(firstOffset, lastOffset)) batch.isSplit = true;
      batch.change(firstOffset, lastOffset, (run) => {
        if (run.status.state !== state) return run.status;
        isArchived = true;
        return archived(run);
      });
    }
    return isArchived;
  }
}

/** Archived for good, whatever becomes of a change that is being written. */
function archived(run: Run): RecordStatus {
  const { status } = run;
  status.lock?.release(countOf(run));
  const done = statusOf(RecordState.ARCHIVED, status.deliveryCount);
  if (status.pending === null) return done;
  status.pending.before.lock?.release(countOf(run));
  return { ...done, pending: { transition: status.pending.transition, before: done } };
}
