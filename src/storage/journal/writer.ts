/**
 * The journal's writer: collects what one turn of the event loop appends, lays it down as one commit, writes it, and
 * acknowledges in journal order.
 *
 * One write is under way at a time. Where it is made on a thread, what arrives meanwhile is the next commit. Rolling to the
 * next file is a step in the same row.
 */
import { microtask } from '../../base/real-time.ts';
import { atTurnEnd } from '../../base/turns.ts';
import { isNoSpace } from '../files/files.ts';
import type { PendingEntry } from '../format/entry.ts';
import type { StorageError } from '../types.ts';
import type { AckQueue } from './acks.ts';
import { Waiters } from './barrier.ts';
import { CommitScheduler } from './commit-scheduler.ts';
import type { Commit } from './commit.ts';
import { CommitBuilder, entryBytes } from './commit.ts';
import { Outcomes, poisoned, type WriterHost } from './outcomes.ts';
import { PendingQueue } from './pending.ts';
import { StepRow } from './step-row.ts';
import { WriteTimes } from './write-times.ts';

/** Pending bytes at which a write starts without waiting for the end of the turn. */
const WRITE_NOW_BYTES = 1024 * 1024;
/** Bytes in one write at most, one large entry aside. */
const MAX_COMMIT_BYTES = 4 * 1024 * 1024;
/** Entries in one write at most: some 10 ms. Others get a turn before the next. */
const MAX_COMMIT_ENTRIES = 8 * 1024;

export class JournalWriter {
  readonly #host: WriterHost;
  readonly #builder: CommitBuilder;
  readonly #scheduler: CommitScheduler;
  readonly #pending: PendingQueue;
  readonly #outcomes: Outcomes;
  readonly #times: WriteTimes;
  readonly #steps: StepRow;
  readonly #idleWaiters = new Waiters();
  /** Who asked for a roll that has not begun. */
  readonly #rollWaiters = new Waiters();
  #mustUseThread = false;
  /** Nothing new is taken; what is queued is still written. */
  #closed: StorageError | null = null;
  /** The disk is full: nothing is tried until `resume`. */
  #paused = false;
  /** What is queued is to be refused once the step under way is done. */
  #refusal: StorageError | null = null;

  constructor(host: WriterHost) {
    this.#host = host;
    this.#builder = new CommitBuilder(host.staging, host.sink.copiesAll);
    this.#pending = new PendingQueue(host.clock);
    this.#outcomes = new Outcomes(host, this.#pending);
    this.#scheduler = new CommitScheduler(() => this.pump());
    this.#times = new WriteTimes(host.clock);
    this.#steps = new StepRow({
      onDone: () => this.#stepDone(),
      onFailed: (error) => (isNoSpace(error) ? host.onDiskFull(0) : host.onPoison(poisoned(error))),
    });
  }

  /** Queues an entry. It is written at the end of this turn of the event loop at the latest. */
  push(entry: PendingEntry): void {
    const refusal = this.#outcomes.poison ?? this.#closed;
    this.#outcomes.expect(entry);
    if (refusal !== null) {
      microtask(() => this.#outcomes.failEntries([entry], refusal));
      return;
    }
    this.#pending.push(entry);
    if (this.#steps.isBusy || this.#paused) return;
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
    return this.#pending.length === 0 && !this.#steps.isBusy;
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
    const { sink, clock, stats } = this.#host;
    if (!this.#rollWaiters.isEmpty && !this.#steps.isBusy && !this.#paused && this.#outcomes.poison === null) {
      this.#runRequestedRoll();
      return;
    }
    while (!this.#steps.isBusy && !this.#paused && this.#outcomes.poison === null && this.#pending.length > 0) {
      const { file } = sink;
      const startedMs = clock.monotonicMs();
      const nowMs = this.#times.wallMs(startedMs);
      if (sink.mustRoll(entryBytes(this.#pending.first.payloadLength), nowMs)) {
        this.#roll();
        return;
      }
      const before = this.#pending.byteLength;
      const entries = this.#pending.take(Math.min(MAX_COMMIT_BYTES, sink.roomBytes), MAX_COMMIT_ENTRIES);
      const byteLength = before - this.#pending.byteLength;
      const blocker = sink.blocker(file.written + byteLength);
      if (blocker !== null) {
        this.#pending.putBack(entries);
        this.#waitFor(blocker);
        return;
      }
      const commit = this.#builder.build(file, file.written, entries, sink.headerContext(nowMs));
      const isTimed = this.#times.isTimed(byteLength);
      const builtMs = isTimed ? clock.monotonicMs() : startedMs;
      if (isTimed) stats.serializationMs.record(builtMs - startedMs);
      this.#write(commit, builtMs, isTimed);
      if (entries.length === MAX_COMMIT_ENTRIES && !this.#steps.isBusy) this.#waitFor(nextTurn());
    }
    if (this.isIdle || this.#outcomes.poison !== null) this.#wakeIdle();
  }

  /** Refuses everything from now on and fails what is not acknowledged. */
  poison(error: StorageError): void {
    if (this.#outcomes.poison !== null) return;
    this.#outcomes.beginPoison(error);
    // A write under way comes first: those behind it are told when it is done.
    if (!this.#steps.isBusy) this.#outcomes.failPending(() => true, error);
    this.#wakeIdle();
  }

  /** Fails queued batches and snapshots, which the full disk has no room for; other entries stay queued. */
  refusePending(error: StorageError): void {
    // A write under way may succeed, and comes first in the journal: those behind it are told when it is done.
    if (this.#steps.isBusy) this.#refusal = error;
    else this.#outcomes.failPending((entry) => entry.isData, error);
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
    this.#builder.close();
  }

  #write(commit: Commit, startedMs: number, isTimed: boolean): void {
    const { sink, clock } = this.#host;
    let writing: Promise<void> | undefined;
    try {
      writing = sink.write(commit, this.#mustUseThread);
    } catch (error) {
      this.#fail(commit, error);
      return;
    }
    if (writing === undefined) this.#outcomes.written(commit, startedMs, clock.monotonicMs(), isTimed);
    else this.#waitFor(this.#finish(writing, commit, startedMs, isTimed));
  }

  #fail(commit: Commit, error: unknown): void {
    this.#steps.run(() => this.#outcomes.failed(commit, error));
  }

  /** What comes of a write on a thread. */
  #finish(writing: Promise<void>, commit: Commit, startedMs: number, isTimed: boolean): Promise<void> {
    return writing.then(
      () => this.#outcomes.written(commit, startedMs, this.#host.clock.monotonicMs(), isTimed),
      (error: unknown) => this.#outcomes.failed(commit, error),
    );
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
    if (this.#outcomes.poison !== null) this.#outcomes.failPending(() => true, this.#outcomes.poison);
    else if (refusal !== null) this.refusePending(refusal);
    this.pump();
  }

  #wakeIdle(): void {
    this.#idleWaiters.wakeAll();
    if (this.#outcomes.poison !== null) this.#rollWaiters.wakeAll();
  }
}

function nextTurn(): Promise<void> {
  return new Promise(atTurnEnd);
}
