/** Who waits for a partition: produce requests for their commit, fetch requests for any progress. */
import { microtask } from '../base/real-time.ts';
import type { PartitionLog, PartitionWaiter } from './types.ts';

type CommitCallback = (error: Error | null) => void;

interface CommitWaiter {
  readonly endOffset: number;
  readonly callback: CommitCallback;
}

/** Callbacks by offset, called in order of offset, then of arrival. */
class CommitWaiters {
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
class ProgressWaiters {
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

/** Both kinds, of which each is there since somebody waited, that for commits only while somebody does: most have nobody. */
export class Waiters {
  #forCommit: CommitWaiters | null = null;
  #forProgress: ProgressWaiters | null = null;

  get areNone(): boolean {
    return this.#forCommit?.isEmpty !== false && this.#forProgress?.isEmpty !== false;
  }

  /** Waits for the commit of all up to `endOffset`. */
  addForCommit(endOffset: number, callback: CommitCallback): void {
    this.#forCommit ??= new CommitWaiters();
    this.#forCommit.add(endOffset, callback);
  }

  addForProgress(waiter: PartitionWaiter, partition: PartitionLog): void {
    this.#forProgress ??= new ProgressWaiters(partition);
    this.#forProgress.add(waiter);
  }

  removeForProgress(waiter: PartitionWaiter): void {
    this.#forProgress?.remove(waiter);
  }

  /** There is something new for those who wait for progress. */
  notify(): void {
    this.#forProgress?.notify();
  }

  /** All up to `endOffset` is committed. */
  committed(endOffset: number): void {
    this.#forProgress?.notify();
    this.#forCommit?.complete(endOffset);
    this.#dropIfDone();
  }

  /** The appends up to `endOffset` that are not committed have failed. */
  failed(endOffset: number, error: Error): void {
    this.#forCommit?.fail(endOffset, error);
    this.#dropIfDone();
  }

  /** The partition is gone. */
  deleted(error: Error): void {
    this.failed(Number.POSITIVE_INFINITY, error);
    this.#forProgress?.notify();
  }

  #dropIfDone(): void {
    if (this.#forCommit?.isEmpty === true) this.#forCommit = null;
  }
}
