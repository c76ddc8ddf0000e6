/**
 * The commit that is written next: laid down when its turn comes, or already while the one before it is written. It belongs
 * to the active file, behind what was claimed of that before.
 */
import type { Clock } from '../../base/clock.ts';
import type { StagingPool } from '../files/staging.ts';
import type { EngineStats } from '../stats.ts';
import type { CommitSink } from './commit-sink.ts';
import type { Commit } from './commit.ts';
import { CommitBuilder, entryBytes } from './commit.ts';
import type { PendingQueue } from './pending.ts';
import { WriteTimes } from './write-times.ts';

/** Bytes in one write at most, one large entry aside. */
const MAX_COMMIT_BYTES = 4 * 1024 * 1024;
/** Entries in one write at most: some 10 ms. Others get a turn before the next. */
export const MAX_COMMIT_ENTRIES = 8 * 1024;
/** With less than this no commit is laid down ahead: what comes until the one before is written shares its write. */
const AHEAD_BYTES = 256 * 1024;

export interface NextCommitHost {
  readonly clock: Clock;
  readonly stats: EngineStats;
  readonly staging: StagingPool;
  readonly sink: CommitSink;
}

export class NextCommit {
  readonly #host: NextCommitHost;
  readonly #pending: PendingQueue;
  readonly #builder: CommitBuilder;
  readonly #times: WriteTimes;
  #laid: Commit | null = null;

  constructor(host: NextCommitHost, pending: PendingQueue) {
    this.#host = host;
    this.#pending = pending;
    this.#builder = new CommitBuilder(host.staging, host.sink.copiesAll);
    this.#times = new WriteTimes(host.clock);
  }

  /** True while a commit is laid down that was not taken. */
  get isLaid(): boolean {
    return this.#laid !== null;
  }

  /** True when there is as much as is worth to be laid down while another commit is written. */
  get isWorthAhead(): boolean {
    return this.#laid === null && this.#pending.byteLength >= AHEAD_BYTES;
  }

  /** Lays down what waits, unless that is done; null when it must go to a new file. Something must wait. */
  lay(): Commit | null {
    if (this.#laid !== null) return this.#laid;
    const { clock, stats, sink } = this.#host;
    const startedMs = clock.monotonicMs();
    const nowMs = this.#times.wallMs(startedMs);
    const pending = this.#pending;
    if (sink.mustRoll(entryBytes(pending.first.payloadLength), nowMs)) return null;
    const before = pending.byteLength;
    const entries = pending.take(Math.min(MAX_COMMIT_BYTES, sink.roomBytes), MAX_COMMIT_ENTRIES);
    const isTimed = this.#times.isTimed(before - pending.byteLength);
    const commit = this.#builder.build(sink.file, sink.end, entries, sink.headerContext(nowMs));
    commit.isTimed = isTimed;
    commit.startedMs = isTimed ? clock.monotonicMs() : startedMs;
    if (isTimed) stats.serializationMs.record(commit.startedMs - startedMs);
    this.#laid = commit;
    return commit;
  }

  /** Takes the commit that is laid down, for its write; null without one, or while that must wait for ready space. */
  takeReady(): Commit | null {
    const laid = this.#laid;
    if (laid === null || this.#host.sink.blocker(laid.end) !== null) return null;
    this.#laid = null;
    return laid;
  }

  /** Takes the commit that is laid down; null without one. */
  take(): Commit | null {
    const laid = this.#laid;
    this.#laid = null;
    return laid;
  }

  /** Queues again what is laid down. Batches have lost their bytes: they can only be given up. */
  takeBack(): void {
    const laid = this.take();
    if (laid === null) return;
    for (const slice of laid.slices) slice.owner.release();
    this.#pending.putBack(laid.entries);
  }

  /** Gives back memory after the last write. */
  close(): void {
    this.#builder.close();
  }
}
