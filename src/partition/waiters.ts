/** Who waits for a partition: produce requests for their commit, fetch requests for any progress. */
import { microtask } from '../base/real-time.ts';
import type { PartitionLog, PartitionWaiter } from './types.ts';

type CommitCallback = (error: Error | null) => void;

interface CommitWaiter {
  readonly endOffset: number;
  readonly callback: CommitCallback;
}

/** Callbacks by offset, called in order of offset, then of arrival. */
export class CommitWaiters {
  /** Ascending by endOffset; what lies before #head is done. */
  #waiters: (CommitWaiter | undefined)[] = [];
  #head = 0;

  get isEmpty(): boolean {
    return this.#head === this.#waiters.length;
  }

  add(endOffset: number, callback: CommitCallback): void {
    const waiters = this.#waiters;
    let at = waiters.length;
    // Only a duplicate waits for an offset before the newest.
    while (at > this.#head && (waiters[at - 1] as CommitWaiter).endOffset > endOffset) at--;
    if (at === waiters.length) waiters.push({ endOffset, callback });
    else waiters.splice(at, 0, { endOffset, callback });
  }

  /** Calls, and forgets, those that wait for `endOffset` or less: it is committed. */
  complete(endOffset: number): void {
    const next = this.#takeUpTo(endOffset);
    if (next === undefined) return;
    try {
      for (let due: CommitWaiter | undefined = next; due !== undefined; due = this.#takeUpTo(endOffset)) {
        due.callback(null);
      }
    } finally {
      // One callback's mistake must not leave the others waiting; after the last of them this does nothing.
      this.complete(endOffset);
    }
  }

  /** Calls, and forgets, those that wait for `endOffset` or less with an error. */
  fail(endOffset: number, error: Error): void {
    // All are taken before one is called: offsets that failed are given out again, and may be waited for again.
    const failed: CommitWaiter[] = [];
    for (let next = this.#takeUpTo(endOffset); next !== undefined; next = this.#takeUpTo(endOffset)) failed.push(next);
    for (const { callback } of failed) callback(error);
  }

  #takeUpTo(endOffset: number): CommitWaiter | undefined {
    const next = this.#waiters[this.#head];
    if (next === undefined || next.endOffset > endOffset) return undefined;
    this.#waiters[this.#head++] = undefined;
    if (this.#head === this.#waiters.length) {
      this.#waiters = [];
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 > this.#waiters.length) {
      this.#waiters.splice(0, this.#head);
      this.#head = 0;
    }
    return next;
  }
}

/**
 * Waiters for progress. They are told once the current turn of work is done, so that one group commit of many batches
 * wakes a fetch once, with all of them readable.
 */
export class ProgressWaiters {
  readonly #partition: PartitionLog;
  /** Null in the many partitions that nobody waits for. */
  #waiters: Set<PartitionWaiter> | null = null;
  #isScheduled = false;

  constructor(partition: PartitionLog) {
    this.#partition = partition;
  }

  get isEmpty(): boolean {
    return this.#waiters === null;
  }

  add(waiter: PartitionWaiter): void {
    this.#waiters ??= new Set();
    this.#waiters.add(waiter);
  }

  remove(waiter: PartitionWaiter): void {
    this.#waiters?.delete(waiter);
    if (this.#waiters?.size === 0) this.#waiters = null;
  }

  notify(): void {
    if (this.#isScheduled || this.#waiters === null) return;
    this.#isScheduled = true;
    microtask(() => {
      this.#isScheduled = false;
      // A copy: a waiter may leave, or a new one come, while these are told.
      const told = [...(this.#waiters ?? [])];
      for (const waiter of told) {
        if (this.#waiters?.has(waiter) === true) waiter.onProgress(this.#partition);
      }
    });
  }
}

/** Appends that are not committed yet, oldest first: their end offsets and sizes. */
export class PendingAppends {
  #values: number[] = [];
  #head = 0;

  get isEmpty(): boolean {
    return this.#head === this.#values.length;
  }

  push(endOffset: number, sizeBytes: number): void {
    this.#values.push(endOffset, sizeBytes);
  }

  /** End offset of the oldest. */
  get endOffset(): number {
    return this.#values[this.#head] as number;
  }

  /** Size of the oldest. */
  get sizeBytes(): number {
    return this.#values[this.#head + 1] as number;
  }

  shift(): void {
    this.#head += 2;
    if (this.#head === this.#values.length) {
      this.#values.length = 0;
      this.#head = 0;
    } else if (this.#head >= 2048 && this.#head * 2 > this.#values.length) {
      this.#values.splice(0, this.#head);
      this.#head = 0;
    }
  }
}

/** Batches remembered for exact sizes near the end of the log. */
const TAIL_BATCHES = 64;

/**
 * Where the newest committed batches end, in offsets and in bytes: how much a fetch near the end of the log has to wait
 * for is known exactly, further back it is estimated.
 */
export class TailSizes {
  readonly #startOffset: number;
  /** Pairs of end offset and bytes committed up to it since the partition was opened; a ring once it is full. Null: none. */
  #pairs: number[] | null = null;
  #next = 0;
  #committedBytes = 0;

  /** @param startOffset where the first batch to come will begin */
  constructor(startOffset: number) {
    this.#startOffset = startOffset;
  }

  push(endOffset: number, sizeBytes: number): void {
    this.#committedBytes += sizeBytes;
    if (this.#pairs === null) {
      this.#pairs = [this.#startOffset, 0, endOffset, sizeBytes];
      this.#next = 4;
      return;
    }
    this.#pairs[this.#next] = endOffset;
    this.#pairs[this.#next + 1] = this.#committedBytes;
    this.#next = (this.#next + 2) % (TAIL_BATCHES * 2);
  }

  /** Committed bytes from `offset` (the batch that holds it counts whole) to `endOffset`, or -1 when that lies too far back. */
  bytesBetween(offset: number, endOffset: number): number {
    const start = this.#bytesUpTo(offset);
    const end = this.#bytesUpTo(endOffset);
    return start < 0 || end < 0 ? -1 : end - start;
  }

  /** Bytes of the batches that end at or before `offset`, or -1 when it lies too far back. */
  #bytesUpTo(offset: number): number {
    const pairs = this.#pairs;
    if (pairs === null) return offset >= this.#startOffset ? 0 : -1;
    let best = -1;
    let bestBytes = 0;
    for (let i = 0; i < pairs.length; i += 2) {
      const end = pairs[i] as number;
      if (end <= offset && end > best) {
        best = end;
        bestBytes = pairs[i + 1] as number;
      }
    }
    return best < 0 ? -1 : bestBytes;
  }
}
