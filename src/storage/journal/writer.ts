/**
 * The journal's writer: collects what one turn of the event loop appends, lays it down as one commit, writes it, and
 * acknowledges in journal order.
 *
 * One write is under way at a time. Where it is made on a thread, what arrives meanwhile is the next commit, which is laid
 * down ahead if it is large. Rolling to the next file is a step in the same row.
 */
import { atTurnEnd } from '../../base/turns.ts';
import { isNoSpace } from '../files/files.ts';
import type { PendingEntry } from '../format/entry.ts';
import type { StorageError } from '../types.ts';
import type { AckQueue } from './acks.ts';
import { Waiters } from './barrier.ts';
import { CommitScheduler } from './commit-scheduler.ts';
import type { Commit } from './commit.ts';
import { MAX_COMMIT_ENTRIES, NextCommit } from './next-commit.ts';
import { Outcomes, poisoned, type WriterHost } from './outcomes.ts';
import { PendingQueue } from './pending.ts';
import { StepRow } from './step-row.ts';

/** Pending bytes at which a write starts without waiting for the end of the turn. */
const WRITE_NOW_BYTES = 1024 * 1024;

export class JournalWriter {
  readonly #host: WriterHost;
  readonly #scheduler: CommitScheduler;
  readonly #pending: PendingQueue;
  readonly #outcomes: Outcomes;
  readonly #next: NextCommit;
  readonly #steps: StepRow;
  readonly #idleWaiters = new Waiters();
  /** Who asked for a roll that has not begun. */
  readonly #rollWaiters = new Waiters();
  #mustUseThread = false;
  /** The step under way is a write on a thread. */
  #isWriting = false;
  /** Nothing new is taken; what is queued is still written. */
  #closed: StorageError | null = null;
  /** The disk is full: nothing is tried until `resume`. */
  #paused = false;
  /** What is queued is to be refused once the step under way is done. */
  #refusal: StorageError | null = null;

  constructor(host: WriterHost) {
    this.#host = host;
    this.#pending = new PendingQueue(host.clock);
    this.#outcomes = new Outcomes(host, this.#pending);
    this.#scheduler = new CommitScheduler(() => this.pump());
    this.#next = new NextCommit(host, this.#pending);
    this.#steps = new StepRow({
      onDone: () => this.#stepDone(),
      onFailed: (error) => (isNoSpace(error) ? host.onDiskFull(0) : host.onPoison(poisoned(error))),
    });
  }

  /** Queues an entry. It is written at the end of this turn of the event loop at the latest. */
  push(entry: PendingEntry): void {
    const refusal = this.#outcomes.poison ?? this.#closed;
    if (refusal !== null) {
      this.#outcomes.refuse(entry, refusal);
      return;
    }
    this.#outcomes.expect(entry);
    this.#pending.push(entry);
    if (this.#steps.isBusy ? !this.#mayLayAhead : this.#paused) return;
    if (this.#pending.byteLength < WRITE_NOW_BYTES || !this.#host.sink.hasThread) {
      this.#scheduler.schedule();
      return;
    }
    // Such a write goes to a thread, so nothing is acknowledged before `append` returns.
    this.#mustUseThread = true;
    this.pump();
    this.#mustUseThread = false;
  }

  /** True when nothing waits to be written or is being written. */
  get isIdle(): boolean {
    return this.#pending.length === 0 && !this.#next.isLaid && !this.#steps.isBusy;
  }

  /** Nothing keeps the next commit from being written once the step under way is done, as far as is known. */
  get #goesOn(): boolean {
    return !this.#paused && this.#refusal === null && this.#outcomes.poison === null;
  }

  get #mayLayAhead(): boolean {
    return this.#isWriting && this.#next.isWorthAhead && this.#goesOn && this.#rollWaiters.isEmpty;
  }

  /** Waits until everything queued so far, and what joins it, is written or failed. */
  async whenIdle(): Promise<void> {
    while (!this.isIdle && this.#outcomes.poison === null) {
      await new Promise<void>((resolve) => {
        this.#idleWaiters.add(resolve);
        if (!this.#steps.isBusy && !this.#paused) this.#scheduler.schedule();
      });
    }
  }

  /** Waits until everything queued so far is written or failed. */
  whenWritten(): Promise<void> {
    return this.#outcomes.allKnown();
  }

  /** Acknowledges what the device has by now. */
  acknowledge(): void {
    this.#outcomes.acknowledge();
  }

  get acks(): AckQueue {
    return this.#outcomes.acks;
  }

  /** Writes what is pending, commit by commit, as far as it goes without waiting. */
  pump(): void {
    if (this.#steps.isBusy) {
      if (this.#mayLayAhead) this.#next.lay();
      return;
    }
    while (!this.#steps.isBusy && this.#goesOn) {
      if (!this.#rollWaiters.isEmpty && !this.#next.isLaid) this.#runRequestedRoll();
      else if (this.#next.isLaid || this.#pending.length > 0) this.#writeNext();
      else break;
    }
    if (this.isIdle || this.#outcomes.poison !== null) this.#wakeIdle();
  }

  /** Refuses everything from now on and fails what is not acknowledged. */
  poison(error: StorageError): void {
    if (this.#outcomes.poison !== null) return;
    this.#outcomes.beginPoison(error);
    // A write under way comes first: those behind it are told when it is done.
    if (!this.#steps.isBusy) this.#failPending(() => true, error);
    this.#wakeIdle();
  }

  /** Fails queued batches and snapshots, which the full disk has no room for; other entries stay queued. */
  refusePending(error: StorageError): void {
    // A write under way may succeed, and comes first in the journal: those behind it are told when it is done.
    if (this.#steps.isBusy) this.#refusal = error;
    else this.#failPending((entry) => entry.isData, error);
  }

  /** Rolls to the next file as soon as no write is under way; resolves when that is done or failed. */
  async requestRoll(): Promise<void> {
    if (this.#outcomes.poison !== null) return;
    await new Promise<void>((resolve) => {
      this.#rollWaiters.add(resolve);
      this.pump();
    });
  }

  /** Tries nothing until `resume`. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.pump();
  }

  /** Takes nothing new from now on; what is queued is still written. */
  refuseNew(error: StorageError): void {
    this.#closed = error;
  }

  /** Gives back the writer's memory after the last write. */
  close(): void {
    this.#next.close();
  }

  /** Writes the next commit, or begins what must come first. */
  #writeNext(): void {
    const hasWaited = this.#next.isLaid;
    const commit = this.#next.lay();
    if (commit === null) {
      this.#roll();
      return;
    }
    const { sink, clock } = this.#host;
    const blocker = sink.blocker(commit.end);
    if (blocker !== null) {
      this.#waitFor(blocker);
      return;
    }
    this.#next.take();
    if (hasWaited) commit.startedMs = clock.monotonicMs();
    const writing = this.#begin(commit, this.#mustUseThread);
    if (writing !== undefined) {
      this.#steps.run(() => this.#finish(commit, writing));
      return;
    }
    this.#outcomes.written(commit, clock.monotonicMs());
    if (commit.entries.length === MAX_COMMIT_ENTRIES && !this.#steps.isBusy) this.#waitFor(nextTurn());
  }

  /** Begins a write; undefined when it is done. */
  #begin(commit: Commit, mustUseThread: boolean): Promise<void> | undefined {
    try {
      return this.#host.sink.write(commit, mustUseThread);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** What comes of a write on a thread, and of those that each are laid down by the time when the one before is done. */
  async #finish(first: Commit, firstWriting: Promise<void>): Promise<void> {
    const { clock } = this.#host;
    this.#isWriting = true;
    let writing: Promise<void> | undefined = firstWriting;
    for (let commit: Commit | null = first; commit !== null; ) {
      const written: Commit = commit;
      try {
        await writing;
      } catch (error) {
        this.#isWriting = false;
        const behind = this.#next.take();
        await this.#outcomes.failed(behind === null ? [written] : [written, behind], error);
        return;
      }
      const doneMs = clock.monotonicMs();
      // Before anybody is told: until then the disk has nothing to do.
      commit = this.#goesOn ? this.#next.takeReady() : null;
      if (commit !== null) {
        commit.startedMs = doneMs;
        writing = this.#begin(commit, true);
      }
      this.#outcomes.written(written, doneMs);
      if (this.#mayLayAhead) this.#next.lay();
    }
    this.#isWriting = false;
  }

  /** Holds the row of writes until then. */
  #waitFor(done: Promise<void>): void {
    this.#steps.run(() => done);
  }

  #roll(): void {
    this.#steps.run(() => this.#host.sink.roll());
  }

  #runRequestedRoll(): void {
    const waiters = this.#rollWaiters.take();
    this.#steps.run(() => this.#host.sink.roll().finally(() => waiters.forEach((wake) => wake())));
  }

  #stepDone(): void {
    const refusal = this.#refusal;
    this.#refusal = null;
    if (this.#outcomes.poison !== null) this.#failPending(() => true, this.#outcomes.poison);
    else if (refusal !== null) this.refusePending(refusal);
    this.pump();
  }

  #failPending(which: (entry: PendingEntry) => boolean, error: StorageError): void {
    this.#next.takeBack();
    this.#outcomes.failPending(which, error);
  }

  #wakeIdle(): void {
    this.#idleWaiters.wakeAll();
    if (this.#outcomes.poison !== null) this.#rollWaiters.wakeAll();
  }
}

function nextTurn(): Promise<void> {
  return new Promise(atTurnEnd);
}
