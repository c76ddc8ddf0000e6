/**
 * The journal's writer: collects what one turn of the event loop appends, lays it down as one commit, writes it, and
 * acknowledges in journal order.
 *
 * One write is under way at a time. Where it is made on a thread, what arrives meanwhile is the next commit. Rolling to the
 * next file is a step in the same row.
 */
import { microtask } from '../../base/real-time.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { atTurnEnd } from '../../base/turns.ts';
import { messageOf } from '../../base/realms.ts';
import type { TailCache } from '../cache.ts';
import { isNoSpace } from '../files/files.ts';
import type { StagingPool } from '../files/staging.ts';
import type { PendingEntry } from '../format/entry.ts';
import type { EngineStats } from '../stats.ts';
import { StorageError } from '../types.ts';
import { AckQueue } from './acks.ts';
import { Barrier, Waiters } from './barrier.ts';
import { CommitScheduler } from './commit-scheduler.ts';
import type { CommitSink } from './commit-sink.ts';
import type { Commit } from './commit.ts';
import { CommitBuilder, entryBytes } from './commit.ts';
import { PendingQueue } from './pending.ts';
import { StepRow } from './step-row.ts';
import { WriteTimes } from './write-times.ts';

/** Pending bytes at which a write starts without waiting for the end of the turn. */
const WRITE_NOW_BYTES = 1024 * 1024;
/** Bytes in one write at most, one large entry aside. */
const MAX_COMMIT_BYTES = 4 * 1024 * 1024;
/** Entries in one write at most: some 10 ms. Others get a turn before the next. */
const MAX_COMMIT_ENTRIES = 8 * 1024;

/** What the writer needs around it. */
export interface WriterHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stats: EngineStats;
  readonly cache: TailCache;
  readonly staging: StagingPool;
  readonly sink: CommitSink;
  /** Acknowledges what it can of what is written, in order. */
  readonly acknowledge: (acks: AckQueue) => void;
  /** A batch or snapshot was given up because the disk is full: takes back what its append did. */
  readonly revert: (entry: PendingEntry) => void;
  /** A write of `byteLength` bytes, or a roll (0), found no space. */
  readonly onDiskFull: (byteLength: number) => void;
  readonly onPoison: (error: StorageError) => void;
}

export class JournalWriter {
  readonly #host: WriterHost;
  readonly #builder: CommitBuilder;
  readonly #scheduler: CommitScheduler;
  readonly acks: AckQueue;
  readonly #pending: PendingQueue;
  readonly #barrier = new Barrier();
  readonly #times: WriteTimes;
  readonly #steps: StepRow;
  readonly #idleWaiters = new Waiters();
  /** Who asked for a roll that has not begun. */
  readonly #rollWaiters = new Waiters();
  #mustUseThread = false;
  #poison: StorageError | null = null;
  /** Nothing new is taken; what is queued is still written. */
  #closed: StorageError | null = null;
  /** The disk is full: nothing is tried until `resume`. */
  #paused = false;
  /** What is queued is to be refused once the step under way is done. */
  #refusal: StorageError | null = null;

  constructor(host: WriterHost) {
    this.#host = host;
    this.#builder = new CommitBuilder(host.staging, host.sink.copiesAll);
    this.acks = new AckQueue(host);
    this.#pending = new PendingQueue(host.clock);
    this.#scheduler = new CommitScheduler(() => this.pump());
    this.#times = new WriteTimes(host.clock);
    this.#steps = new StepRow({
      onDone: () => this.#stepDone(),
      onFailed: (error) => (isNoSpace(error) ? host.onDiskFull(0) : host.onPoison(poisoned(error))),
    });
  }

  /** Queues an entry. It is written at the end of this turn of the event loop at the latest. */
  push(entry: PendingEntry): void {
    const refusal = this.#poison ?? this.#closed;
    this.#barrier.start();
    if (refusal !== null) {
      this.#refuse(entry, refusal);
      return;
    }
    this.#pending.push(entry);
    this.acks.admit(entry);
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

  #refuse(entry: PendingEntry, refusal: StorageError): void {
    this.acks.admit(entry);
    microtask(() => this.#failEntries([entry], refusal));
  }

  /** True when nothing waits to be written or is being written. */
  get isIdle(): boolean {
    return this.#pending.length === 0 && !this.#steps.isBusy;
  }

  /** Waits until everything queued so far, and what joins it, is written or failed. */
  async whenIdle(): Promise<void> {
    while (!this.isIdle && this.#poison === null) {
      await new Promise<void>((resolve) => {
        this.#idleWaiters.add(resolve);
        if (!this.#steps.isBusy && !this.#paused) this.#scheduler.schedule();
      });
    }
  }

  /** Waits until everything queued so far is written or failed. */
  whenWritten(): Promise<void> {
    return this.#barrier.passed();
  }

  /** Acknowledges what the device has by now. */
  acknowledge(): void {
    if (this.#poison === null) this.#host.acknowledge(this.acks);
  }

  /** Writes what is pending, commit by commit, as far as it goes without waiting. */
  pump(): void {
    const { sink, clock, stats } = this.#host;
    if (!this.#rollWaiters.isEmpty && !this.#steps.isBusy && !this.#paused && this.#poison === null) {
      this.#runRequestedRoll();
      return;
    }
    while (!this.#steps.isBusy && !this.#paused && this.#poison === null && this.#pending.length > 0) {
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
    if (this.isIdle || this.#poison !== null) this.#wakeIdle();
  }

  /** Refuses everything from now on and fails what is not acknowledged. */
  poison(error: StorageError): void {
    if (this.#poison !== null) return;
    this.#poison = error;
    this.acks.failAll(error);
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
    if (this.#poison !== null) return;
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
    if (writing === undefined) this.#written(commit, startedMs, clock.monotonicMs(), isTimed);
    else this.#waitFor(this.#finish(writing, commit, startedMs, isTimed));
  }

  #fail(commit: Commit, error: unknown): void {
    this.#steps.run(() => this.#failed(commit, error));
  }

  /** What comes of a write on a thread. */
  #finish(writing: Promise<void>, commit: Commit, startedMs: number, isTimed: boolean): Promise<void> {
    return writing.then(
      () => this.#written(commit, startedMs, this.#host.clock.monotonicMs(), isTimed),
      (error: unknown) => this.#failed(commit, error),
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
    if (this.#poison !== null) this.#failPending(() => true, this.#poison);
    else if (refusal !== null) this.refusePending(refusal);
    this.pump();
  }

  #written(commit: Commit, startedMs: number, nowMs: number, isTimed: boolean): void {
    const host = this.#host;
    const { file } = commit;
    const byteLength = commit.end - commit.position;
    file.written = commit.end;
    host.stats.commits += 1;
    for (const { appendCount } of commit.entries) host.stats.entriesWritten += appendCount;
    host.stats.bytesWritten += byteLength;
    if (isTimed) host.stats.writeMs.record(nowMs - startedMs);
    let position = commit.position;
    for (const slice of commit.slices) {
      host.cache.add(file, position, slice);
      position += slice.bytes.length;
    }
    try {
      host.sink.written(commit, nowMs - startedMs, nowMs);
      this.acks.written(commit.entries, file.startLsn + commit.end);
    } catch (error) {
      // What the journal holds is not what the directory says: nothing more may build on either.
      const poison = poisoned(error);
      host.onPoison(poison);
      this.#failEntries(commit.entries, poison);
      return;
    }
    this.#barrier.finish(commit.entries.length);
    if (this.#poison === null) this.acknowledge();
    else this.acks.failAll(this.#poison);
  }

  /** Cuts a failed write back if the disk was only full; anything else is the end of this journal. */
  async #failed(commit: Commit, error: unknown): Promise<void> {
    for (const slice of commit.slices) slice.owner.release();
    try {
      if (!isNoSpace(error)) throw error;
      await this.#host.sink.cut(commit);
    } catch (fatal) {
      const poison = poisoned(fatal);
      this.#host.onPoison(poison);
      this.#failEntries(commit.entries, poison);
      return;
    }
    // In the order in which they were queued: sorting by stream changed nothing within one stream.
    this.#pending.putBack(commit.entries);
    this.#host.onDiskFull(commit.end - commit.position);
  }

  #failPending(which: (entry: PendingEntry) => boolean, error: StorageError): void {
    this.#failEntries(this.#pending.takeWhere(which), error);
  }

  #failEntries(entries: readonly PendingEntry[], error: StorageError): void {
    for (const entry of entries) {
      entry.drop();
      this.#host.revert(entry);
    }
    this.acks.givenUp(entries, error);
    this.#barrier.finish(entries.length);
    if (this.#poison === null) this.acknowledge();
    else this.acks.failAll(this.#poison);
  }

  #wakeIdle(): void {
    this.#idleWaiters.wakeAll();
    if (this.#poison !== null) this.#rollWaiters.wakeAll();
  }
}

function nextTurn(): Promise<void> {
  return new Promise(atTurnEnd);
}

/** A failure of the disk that is the end of the journal. */
export function poisoned(error: unknown): StorageError {
  const reason = messageOf(error);
  return new StorageError('POISONED', `The journal failed: ${reason}`, { cause: error });
}
