/**
 * Which transactions of a partition are undecided: open ones, and those whose marker is appended but not committed yet
 * (a failure may still take it back). The oldest of their first offsets bounds what read_committed reads.
 */
import type { ProducerEntry } from './producer-entry.ts';

/** A marker above the high watermark, with what it changed. */
export interface PendingMarker {
  readonly offset: number;
  readonly producerId: bigint;
  /** What was known of the producer before; null: nothing. */
  readonly former: ProducerEntry | null;
}

export class OpenTransactions {
  /** First offsets by producer, in ascending order; null in the many partitions that never had a transaction. */
  #open: Map<bigint, number> | null = null;
  /** Oldest first; null without. */
  #pending: PendingMarker[] | null = null;
  #firstUnstableOffset = Infinity;

  /** First offset of the oldest undecided transaction; Infinity without one. */
  get firstUnstableOffset(): number {
    return this.#firstUnstableOffset;
  }

  /** First offset of the oldest open transaction that is not the producer's; Infinity without one. */
  firstOffsetBeside(producerId: bigint): number {
    for (const [id, offset] of this.#open ?? []) if (id !== producerId) return offset;
    return Infinity;
  }

  /** A transaction begins, behind all others. */
  begin(producerId: bigint, offset: number): void {
    this.#open ??= new Map();
    this.#open.set(producerId, offset);
    if (offset < this.#firstUnstableOffset) this.#firstUnstableOffset = offset;
  }

  /** A transaction ended with a marker that is committed. */
  end(producerId: bigint): void {
    if (this.#open?.delete(producerId) === true) this.#recompute();
  }

  /** A marker was appended: until it is committed the transaction, if there was one, stays undecided. */
  endPending(marker: PendingMarker): void {
    this.#open?.delete(marker.producerId);
    this.#pending ??= [];
    this.#pending.push(marker);
  }

  /** All below is committed. */
  committed(highWatermark: number): void {
    if (this.#pending === null) return;
    const first = this.#pending.findIndex(({ offset }) => offset >= highWatermark);
    if (first === 0) return;
    this.#pending = first < 0 ? null : this.#pending.slice(first);
    this.#recompute();
  }

  /** Gives up the markers from `offset` on, newest first. */
  takeLost(offset: number): PendingMarker[] {
    const pending = this.#pending ?? [];
    this.#pending = pending.filter((marker) => marker.offset < offset);
    return pending.filter((marker) => marker.offset >= offset).toReversed();
  }

  /** Puts other open transactions in place of those there were. */
  replaceOpen(entries: Iterable<readonly [bigint, ProducerEntry]>): void {
    const open: Array<readonly [bigint, number]> = [];
    for (const [id, { transactionStart }] of entries) if (transactionStart >= 0) open.push([id, transactionStart]);
    open.sort(([, a], [, b]) => a - b);
    this.#open = open.length === 0 ? null : new Map(open);
    this.#recompute();
  }

  #recompute(): void {
    let first = Infinity;
    for (const offset of this.#open?.values() ?? []) {
      first = offset;
      break;
    }
    for (const { former } of this.#pending ?? []) {
      if (former !== null && former.transactionStart >= 0) first = Math.min(first, former.transactionStart);
    }
    this.#firstUnstableOffset = first;
  }
}
