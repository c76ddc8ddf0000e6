/**
 * The journal's writer: collects what one turn of the event loop appends, lays it down as one commit, writes it, and
 * acknowledges in journal order.
 *
 * One write is under way at a time. Where it is made on a thread, what arrives meanwhile is the next commit. Rolling to the
 * next file is a step in the same row.
 */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { TailCache } from '../cache.ts';
import { isNoSpace } from '../files/files.ts';
import type { StagingPool } from '../files/staging.ts';
import type { HeaderContext, PendingEntry } from '../format/entry.ts';
import type { JournalFile } from '../index/journal-file.ts';
import type { EngineStats } from '../stats.ts';
import { StorageError } from '../types.ts';
import { AckQueue } from './acks.ts';
import { CommitScheduler } from './commit-scheduler.ts';
import type { Commit } from './commit.ts';
import { CommitBuilder, entryBytes } from './commit.ts';
import { Barrier, PendingQueue } from './pending.ts';

/** Pending bytes at which a write starts without waiting for the end of the turn. */
const WRITE_NOW_BYTES = 1024 * 1024;
/** Bytes in one write at most, one large entry aside. */
const MAX_COMMIT_BYTES = 4 * 1024 * 1024;

/** Smaller commits are timed one in so many: reading the clock may take as long as a tenth of a small write. */
const TIMED_BYTES = 16 * 1024;
const SAMPLE = 16;
/** How long the difference between the two clocks is taken to be what it was. */
const SAME_DIFFERENCE_MS = 100;

/** Where commits go: files, or memory. */
export interface CommitSink {
  /** The file that is written now. */
  readonly file: JournalFile;
  /** Bytes that the next commit may have, one large entry aside. */
  readonly roomBytes: number;
  /** Large payloads are copied, too: what was written stays for long. */
  readonly copiesAll: boolean;
  /** A write can be made on a thread: then a large one starts before `append` returns. */
  readonly hasThread: boolean;
  /** True when an entry that needs `byteLength` bytes must go to a new file; `nowMs` is the wall clock's. */
  mustRoll(byteLength: number, nowMs: number): boolean;
  /** Seals the file and goes on in the next. */
  roll(): Promise<void>;
  /** What a write up to `end` must wait for, or null. */
  blocker(end: number): Promise<void> | null;
  /** What the headers of entries say that are written now, at `nowMs` of the wall clock. */
  headerContext(nowMs: number): HeaderContext;
  /** Writes a commit: at once, and returns undefined, or on a thread. Throws or rejects with the system's error. */
  write(commit: Commit, mustUseThread: boolean): Promise<void> | undefined;
  /** A commit is written, which took `tookMs` until `nowMs` on the monotonic clock: makes it visible to readers. */
  written(commit: Commit, tookMs: number, nowMs: number): void;
  /** Cuts away what a write that found no space left of a commit. */
  cut(commit: Commit): Promise<void>;
}

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
  /** Small commits until one is timed. */
  #untilSample = 0;
  /** What the wall clock was ahead of the monotonic one, and when that was. */
  #aheadMs = 0;
  #comparedMs = Number.NEGATIVE_INFINITY;
  /** A write on a thread, or a roll, is under way. */
  #busy = false;
  #mustUseThread = false;
  #poison: StorageError | null = null;
  /** Nothing new is taken; what is queued is still written. */
  #closed: StorageError | null = null;
  /** The disk is full: nothing is tried until `resume`. */
  #paused = false;
  /** What is queued is to be refused once the step under way is done. */
  #refusal: StorageError | null = null;
  #idleWaiters: Array<() => void> = [];
  /** Who asked for a roll that has not begun. */
  #rollWaiters: Array<() => void> = [];

  constructor(host: WriterHost) {
    this.#host = host;
    this.#builder = new CommitBuilder(host.staging, host.sink.copiesAll);
    this.acks = new AckQueue(host);
    this.#pending = new PendingQueue(host.clock);
    this.#scheduler = new CommitScheduler(() => this.pump());
  }

  /** Queues an entry. It is written at the end of this turn of the event loop at the latest. */
  push(entry: PendingEntry): void {
    const refusal = this.#poison ?? this.#closed;
    this.#barrier.start();
    if (refusal !== null) {
      this.acks.admit(entry);
      queueMicrotask(() => this.#failEntries([entry], refusal));
      return;
    }
    this.#pending.push(entry);
    this.acks.admit(entry);
    if (this.#busy || this.#paused) return;
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
    return this.#pending.length === 0 && !this.#busy;
  }

  /** Waits until everything queued so far, and what joins it, is written or failed. */
  async whenIdle(): Promise<void> {
    while (!this.isIdle && this.#poison === null) {
      await new Promise<void>((resolve) => {
        this.#idleWaiters.push(resolve);
        if (!this.#busy && !this.#paused) this.#scheduler.schedule();
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
    if (this.#rollWaiters.length > 0 && !this.#busy && !this.#paused && this.#poison === null) {
      this.#runRequestedRoll();
      return;
    }
    while (!this.#busy && !this.#paused && this.#poison === null && this.#pending.length > 0) {
      const { file } = sink;
      const startedMs = clock.monotonicMs();
      const nowMs = this.#wallMs(startedMs);
      if (sink.mustRoll(entryBytes(this.#pending.first.payloadLength), nowMs)) {
        this.#run(() => sink.roll());
        return;
      }
      const before = this.#pending.byteLength;
      const entries = this.#pending.take(Math.min(MAX_COMMIT_BYTES, sink.roomBytes));
      const byteLength = before - this.#pending.byteLength;
      const blocker = sink.blocker(file.written + byteLength);
      if (blocker !== null) {
        this.#pending.putBack(entries);
        this.#run(() => blocker);
        return;
      }
      const commit = this.#builder.build(file, file.written, entries, sink.headerContext(nowMs));
      const isTimed = this.#isTimed(byteLength);
      const builtMs = isTimed ? clock.monotonicMs() : startedMs;
      if (isTimed) stats.serializationMs.record(builtMs - startedMs);
      this.#write(commit, builtMs, isTimed);
    }
    if (this.isIdle || this.#poison !== null) this.#wakeIdle();
  }

  /** Refuses everything from now on and fails what is not acknowledged. */
  poison(error: StorageError): void {
    if (this.#poison !== null) return;
    this.#poison = error;
    this.acks.failAll(error);
    // A write under way comes first: those behind it are told when it is done.
    if (!this.#busy) this.#failPending(() => true, error);
    this.#wakeIdle();
  }

  /** Fails queued batches and snapshots, which the full disk has no room for; other entries stay queued. */
  refusePending(error: StorageError): void {
    // A write under way may succeed, and comes first in the journal: those behind it are told when it is done.
    if (this.#busy) this.#refusal = error;
    else this.#failPending((entry) => entry.isData, error);
  }

  /** Rolls to the next file as soon as no write is under way; resolves when that is done or failed. */
  async requestRoll(): Promise<void> {
    if (this.#poison !== null) return;
    await new Promise<void>((resolve) => {
      this.#rollWaiters.push(resolve);
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

  #isTimed(byteLength: number): boolean {
    if (byteLength >= TIMED_BYTES) return true;
    this.#untilSample = (this.#untilSample + SAMPLE - 1) % SAMPLE;
    return this.#untilSample === SAMPLE - 1;
  }

  /** The wall clock at a moment of the monotonic one. */
  #wallMs(monotonicMs: number): number {
    if (monotonicMs - this.#comparedMs > SAME_DIFFERENCE_MS) {
      this.#comparedMs = monotonicMs;
      this.#aheadMs = this.#host.clock.now() - monotonicMs;
    }
    return Math.floor(monotonicMs + this.#aheadMs);
  }

  #write(commit: Commit, startedMs: number, isTimed: boolean): void {
    const { sink, clock } = this.#host;
    let writing: Promise<void> | undefined;
    try {
      writing = sink.write(commit, this.#mustUseThread);
    } catch (error) {
      this.#run(() => this.#failed(commit, error));
      return;
    }
    if (writing === undefined) {
      this.#written(commit, startedMs, clock.monotonicMs(), isTimed);
      return;
    }
    const done = writing.then(
      () => this.#written(commit, startedMs, clock.monotonicMs(), isTimed),
      (error: unknown) => this.#failed(commit, error),
    );
    this.#run(() => done);
  }

  /** Holds the row of writes until `step` is done; from before it starts, as it may append itself (snapshots). */
  #run(step: () => Promise<void>): void {
    this.#busy = true;
    step().then(
      () => this.#stepDone(),
      (error: unknown) => {
        this.#stepFailed(error);
        this.#stepDone();
      },
    );
  }

  #runRequestedRoll(): void {
    const waiters = this.#rollWaiters;
    this.#rollWaiters = [];
    this.#run(() => this.#host.sink.roll().finally(() => waiters.forEach((wake) => wake())));
  }

  #stepDone(): void {
    this.#busy = false;
    const refusal = this.#refusal;
    this.#refusal = null;
    if (this.#poison !== null) this.#failPending(() => true, this.#poison);
    else if (refusal !== null) this.refusePending(refusal);
    this.pump();
  }

  #stepFailed(error: unknown): void {
    if (isNoSpace(error)) this.#host.onDiskFull(0);
    else this.#host.onPoison(poisoned(error));
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
    if (this.#idleWaiters.length > 0) for (const wake of this.#idleWaiters.splice(0)) wake();
    if (this.#poison === null) return;
    for (const wake of this.#rollWaiters.splice(0)) wake();
  }
}

/** A failure of the disk that is the end of the journal. */
export function poisoned(error: unknown): StorageError {
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageError('POISONED', `The journal failed: ${reason}`, { cause: error });
}
