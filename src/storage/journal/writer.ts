/**
 * The journal's writer: collects what one turn of the event loop appends, lays it down as one commit, writes it, and
 * acknowledges in journal order.
 *
 * One write is under way at a time. A small one into ready space is made at once (a thread would cost more than the
 * write); a large one, one beyond ready space, or any while the disk stalls goes to a thread, and what arrives meanwhile
 * is the next commit. Rolling to the next file is a step in the same row.
 */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { TailCache } from '../cache.ts';
import { isNoSpace, writeFully, writeFullySync } from '../files/files.ts';
import type { EngineStats } from '../stats.ts';
import { StorageError } from '../types.ts';
import { AckQueue } from './acks.ts';
import { CommitScheduler } from './commit-scheduler.ts';
import type { Commit } from './commit.ts';
import { CommitBuilder, entryBytes } from './commit.ts';
import type { PendingEntry } from '../format/entry.ts';
import type { JournalFile } from '../index/journal-file.ts';
import { Barrier, PendingQueue } from './pending.ts';
import type { ReadySpace } from './ready-space.ts';
import type { StagingPool } from '../files/staging.ts';
import type { Syncer } from './sync.ts';

/** Pending bytes at which a write starts without waiting for the end of the turn. */
const WRITE_NOW_BYTES = 1024 * 1024;
/** Bytes in one write at most, one large entry aside. */
const MAX_COMMIT_BYTES = 4 * 1024 * 1024;
/** Writes up to this size are made on the event loop's thread. */
const SYNC_WRITE_BYTES = 256 * 1024;
/** So are those up to this size that make the file grow, while the disk keeps up. */
const SYNC_GROW_BYTES = 64 * 1024;
/** A synchronous write that took longer than this shows a stalling disk: the next ones use a thread. */
const STALL_MS = 5;
const STALL_PENALTY_MS = 1000;

/** What the writer needs around it. */
export interface WriterHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stats: EngineStats;
  readonly cache: TailCache;
  readonly staging: StagingPool;
  readonly syncer: Syncer;
  /** True in memory mode: nothing is written anywhere else. */
  readonly inMemory: boolean;
  /** The file being written, and its ready space (null in memory mode). */
  readonly active: () => { readonly file: JournalFile; readonly ready: ReadySpace | null };
  /** True when `byteLength` more should go to a new file. */
  readonly mustRoll: (byteLength: number) => boolean;
  /** Bytes that still fit into the active file. */
  readonly room: () => number;
  /** Seals the active file and makes the next one active. */
  readonly roll: () => Promise<void>;
  /** Makes a written commit visible to readers. */
  readonly apply: (commit: Commit) => void;
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
  /** When the oldest entry of the commit being written came. */
  #commitSinceMs = 0;
  /** A write on a thread, or a roll, is under way. */
  #busy = false;
  #mustUseThread = false;
  #stalledUntilMs = Number.NEGATIVE_INFINITY;
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
    this.#builder = new CommitBuilder(host.staging, host.inMemory);
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
    if (this.#pending.byteLength < WRITE_NOW_BYTES || this.#host.inMemory) {
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
    if (this.#poison !== null) return;
    if (this.acks.advance(this.#host.syncer.syncedLsn)) this.#host.syncer.request();
  }

  /** Writes what is pending, commit by commit, as far as it goes without waiting. */
  pump(): void {
    const host = this.#host;
    if (this.#rollWaiters.length > 0 && !this.#busy && !this.#paused && this.#poison === null) {
      this.#runRequestedRoll();
      return;
    }
    while (!this.#busy && !this.#paused && this.#poison === null && this.#pending.length > 0) {
      const { file, ready } = host.active();
      if (host.mustRoll(entryBytes(this.#pending.first.payloadLength))) {
        this.#run(() => host.roll());
        return;
      }
      const startedMs = host.clock.monotonicMs();
      this.#commitSinceMs = this.#pending.first.queuedMs;
      const { entries, byteLength } = this.#pending.take(Math.min(MAX_COMMIT_BYTES, host.room()));
      const blocker = ready?.blocker(file.written + byteLength) ?? null;
      if (blocker !== null) {
        this.#pending.putBack(entries);
        this.#run(() => blocker);
        return;
      }
      const commit = this.#builder.build({ file, position: file.written }, entries, host.syncer.headerContext(file));
      file.claimed = commit.end;
      host.stats.serializationMs.record(host.clock.monotonicMs() - startedMs);
      this.#write(commit, ready);
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

  #write(commit: Commit, ready: ReadySpace | null): void {
    const host = this.#host;
    const handle = commit.file.handle;
    if (handle === null || host.inMemory) {
      this.#written(commit, 0);
      return;
    }
    const startedMs = host.clock.monotonicMs();
    const byteLength = commit.end - commit.position;
    const isQuick = byteLength <= SYNC_WRITE_BYTES && startedMs >= this.#stalledUntilMs && !this.#mustUseThread;
    if (isQuick && (byteLength <= SYNC_GROW_BYTES || ready?.covers(commit.end) === true)) {
      try {
        writeFullySync(handle, commit.buffers, commit.position);
      } catch (error) {
        this.#run(() => this.#failed(commit, error));
        return;
      }
      const tookMs = host.clock.monotonicMs() - startedMs;
      if (tookMs > STALL_MS) this.#stalledUntilMs = startedMs + tookMs + STALL_PENALTY_MS;
      this.#written(commit, tookMs);
      return;
    }
    host.stats.asyncCommits += 1;
    const writing = writeFully(handle, commit.buffers, commit.position).then(
      () => this.#written(commit, host.clock.monotonicMs() - startedMs),
      (error: unknown) => this.#failed(commit, error),
    );
    this.#run(() => writing);
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
    this.#run(() => this.#host.roll().finally(() => waiters.forEach((wake) => wake())));
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

  #written(commit: Commit, tookMs: number): void {
    const host = this.#host;
    const { file } = commit;
    const byteLength = commit.end - commit.position;
    file.written = commit.end;
    host.stats.commits += 1;
    host.stats.entriesWritten += commit.entries.length;
    host.stats.bytesWritten += byteLength;
    host.stats.writeMs.record(tookMs);
    let position = commit.position;
    for (const slice of commit.slices) {
      host.cache.add(file, position, slice);
      position += slice.bytes.length;
    }
    host.apply(commit);
    if (!host.inMemory) {
      host.syncer.markDirty(file);
      host.active().ready?.advance();
    }
    this.acks.written(commit.entries, file.startLsn + commit.end, this.#commitSinceMs);
    this.#barrier.finish(commit.entries.length);
    if (this.#poison === null) this.acknowledge();
    else this.acks.failAll(this.#poison);
  }

  /** Cuts a failed write back if the disk was only full; anything else is the end of this journal. */
  async #failed(commit: Commit, error: unknown): Promise<void> {
    for (const slice of commit.slices) slice.owner.release();
    const { file } = commit;
    try {
      if (!isNoSpace(error)) throw error;
      await this.#host.active().ready?.stop();
      await file.handle?.truncate(commit.position);
    } catch (fatal) {
      const poison = poisoned(fatal);
      this.#host.onPoison(poison);
      this.#failEntries(commit.entries, poison);
      return;
    }
    file.claimed = commit.position;
    this.#host.active().ready?.cutTo(commit.position);
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
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const wake of waiters) wake();
    if (this.#poison === null) return;
    for (const wake of this.#rollWaiters.splice(0)) wake();
  }
}

/** A failure of the disk that is the end of the journal. */
export function poisoned(error: unknown): StorageError {
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageError('POISONED', `The journal failed: ${reason}`, { cause: error });
}
