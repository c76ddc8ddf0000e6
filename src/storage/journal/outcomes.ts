/** What becomes of entries on their way to the journal: written and acknowledged, put back, or given up. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { messageOf } from '../../base/realms.ts';
import { microtask } from '../../base/real-time.ts';
import type { TailCache } from '../cache.ts';
import { isNoSpace } from '../files/files.ts';
import type { StagingPool } from '../files/staging.ts';
import type { PendingEntry } from '../format/entry.ts';
import type { EngineStats } from '../stats.ts';
import { StorageError } from '../types.ts';
import { AckQueue } from './acks.ts';
import { Barrier } from './barrier.ts';
import type { CommitSink } from './commit-sink.ts';
import type { Commit } from './commit.ts';
import type { PendingQueue } from './pending.ts';

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

export class Outcomes {
  readonly #host: WriterHost;
  readonly #pending: PendingQueue;
  /** What a full disk refuses overtakes what it lets wait, so each is waited for by itself. */
  readonly #data = new Barrier();
  readonly #others = new Barrier();
  readonly acks: AckQueue;
  #poison: StorageError | null = null;

  /** @param pending where entries of a failed write go back to */
  constructor(host: WriterHost, pending: PendingQueue) {
    this.#host = host;
    this.#pending = pending;
    this.acks = new AckQueue(host);
  }

  /** Why everything is refused for good, or null. */
  get poison(): StorageError | null {
    return this.#poison;
  }

  /** Counts an entry that something will become of. */
  expect(entry: PendingEntry): void {
    (entry.isData ? this.#data : this.#others).start();
    this.acks.admit(entry);
  }

  /** Refuses an entry instead; its owner is told after this. */
  refuse(entry: PendingEntry, error: StorageError): void {
    this.acks.admit(entry);
    microtask(() => this.#giveUp([entry], error));
  }

  /** Waits until everything counted so far is written or failed. */
  async allKnown(): Promise<void> {
    const waiting = [this.#data.passed(), this.#others.passed()].filter((passed) => passed !== null);
    if (waiting.length > 0) await Promise.all(waiting);
  }

  /** Acknowledges what the device has by now. */
  acknowledge(): void {
    if (this.#poison === null) this.#host.acknowledge(this.acks);
  }

  /** Fails what is not acknowledged, now and later. */
  beginPoison(error: StorageError): void {
    this.#poison = error;
    this.acks.failAll(error);
  }

  /** A write is done. */
  written(commit: Commit, nowMs: number): void {
    const host = this.#host;
    const { file, startedMs } = commit;
    const byteLength = commit.end - commit.position;
    file.written = commit.end;
    host.stats.commits += 1;
    for (const { appendCount } of commit.entries) host.stats.entriesWritten += appendCount;
    host.stats.bytesWritten += byteLength;
    if (commit.isTimed) host.stats.writeMs.record(nowMs - startedMs);
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
      this.failEntries(commit.entries, poison);
      return;
    }
    this.#finish(commit.entries);
    if (this.#poison === null) this.acknowledge();
    else this.acks.failAll(this.#poison);
  }

  /**
   * Cuts a failed write back if the disk was only full; anything else is the end of this journal.
   * @param commits the one that failed, and behind it what was laid down and is not written
   */
  async failed(commits: readonly [Commit, ...Commit[]], error: unknown): Promise<void> {
    const [failed] = commits;
    try {
      if (!isNoSpace(error)) throw error;
      await this.#host.sink.cut(failed);
    } catch (fatal) {
      const poison = poisoned(fatal);
      this.#host.onPoison(poison);
      for (const { entries } of commits) this.failEntries(entries, poison);
      return;
    } finally {
      // Not before: the cut looks at what was to be written.
      for (const { slices } of commits) for (const slice of slices) slice.owner.release();
    }
    // In the order in which they were queued: sorting by stream changed nothing within one stream.
    for (const { entries } of commits.toReversed()) this.#pending.putBack(entries);
    this.#host.onDiskFull(failed.end - failed.position);
  }

  /** Gives up queued entries. */
  failPending(which: (entry: PendingEntry) => boolean, error: StorageError): void {
    this.failEntries(this.#pending.takeWhere(which), error);
  }

  /** Gives up entries that were counted. */
  failEntries(entries: readonly PendingEntry[], error: StorageError): void {
    this.#giveUp(entries, error);
    this.#finish(entries);
  }

  #giveUp(entries: readonly PendingEntry[], error: StorageError): void {
    for (const entry of entries) {
      entry.drop();
      this.#host.revert(entry);
    }
    this.acks.givenUp(entries, error);
    if (this.#poison === null) this.acknowledge();
    else this.acks.failAll(this.#poison);
  }

  #finish(entries: readonly PendingEntry[]): void {
    let data = 0;
    for (const { isData } of entries) if (isData) data += 1;
    this.#data.finish(data);
    this.#others.finish(entries.length - data);
  }
}

/** A failure of the disk that is the end of the journal. */
export function poisoned(error: unknown): StorageError {
  const reason = messageOf(error);
  return new StorageError('POISONED', `The journal failed: ${reason}`, { cause: error });
}
