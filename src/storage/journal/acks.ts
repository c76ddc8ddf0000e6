/** Acknowledgements in journal order: an append that waits for the device holds back those behind it. */
import { broken } from '../../base/invariant.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { EngineStats } from '../stats.ts';
import type { StorageError } from '../types.ts';
import type { PendingEntry } from '../format/entry.ts';

interface Waiting {
  readonly entries: readonly PendingEntry[];
  /** Journal position after the commit. */
  readonly endLsn: number;
  /** Why these entries were given up; null when they are written. */
  readonly error: StorageError | null;
  next: number;
}

/** What the queue is between commits; never added to. */
const NONE: Waiting[] = [];

interface AckHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stats: EngineStats;
}

export class AckQueue {
  readonly #host: AckHost;
  #queue: Waiting[] = NONE;
  #head = 0;
  /** Payload bytes of entries not acknowledged yet. */
  pendingBytes = 0;
  /** Where the newest written commit ends. */
  #writtenLsn = 0;
  /** Entries given up whose owners were not told yet. */
  untoldEntries = 0;

  constructor(host: AckHost) {
    this.#host = host;
  }

  /** Counts an entry that was queued for a commit. */
  admit(entry: PendingEntry): void {
    this.pendingBytes += entry.payloadLength;
  }

  /** Takes a commit that is written; `advance` acknowledges. */
  written(entries: readonly PendingEntry[], endLsn: number): void {
    if (endLsn <= this.#writtenLsn) broken(`A commit ends at ${endLsn}, behind one that ended at ${this.#writtenLsn}`);
    this.#writtenLsn = endLsn;
    this.#add({ entries, endLsn, error: null, next: 0 });
  }

  /** Takes entries that were given up: they are told so once all before them are acknowledged. */
  givenUp(entries: readonly PendingEntry[], error: StorageError): void {
    if (entries.length === 0) return;
    this.untoldEntries += entries.length;
    this.#add({ entries, endLsn: 0, error, next: 0 });
  }

  #add(waiting: Waiting): void {
    // What grows has room for many: most of the time there is one.
    if (this.#queue.length === 0) this.#queue = [waiting];
    else this.#queue.push(waiting);
  }

  /**
   * Acknowledges in order all that needs no more than what is synced up to `syncedLsn`.
   * @returns true when the first that is left waits for a sync.
   */
  advance(syncedLsn: number): boolean {
    while (this.#head < this.#queue.length) {
      const commit = this.#queue[this.#head] as Waiting;
      while (commit.next < commit.entries.length) {
        const entry = commit.entries[commit.next] as PendingEntry;
        if (commit.error === null && entry.needsSync && commit.endLsn > syncedLsn) return true;
        commit.next += 1;
        if (commit.error !== null) this.untoldEntries -= 1;
        this.#settle(entry, commit.error);
      }
      this.#pass();
    }
    return false;
  }

  /** The commit at the head is acknowledged. */
  #pass(): void {
    this.#head += 1;
    if (this.#queue.length === 1) this.#queue = NONE;
    else if (this.#head === this.#queue.length || this.#head >= 1024) this.#queue = this.#queue.slice(this.#head);
    else return;
    this.#head = 0;
  }

  /** Fails everything that is not acknowledged. */
  failAll(error: StorageError): void {
    const queue = this.#queue.slice(this.#head);
    this.#queue = NONE;
    this.#head = 0;
    for (const commit of queue) {
      for (let i = commit.next; i < commit.entries.length; i++) {
        this.#settle(commit.entries[i] as PendingEntry, commit.error ?? error);
      }
    }
  }

  /** Tells one entry's outcome to its owner. */
  #settle(entry: PendingEntry, error: StorageError | null): void {
    this.pendingBytes -= entry.payloadLength;
    if (entry.queuedMs >= 0 && error === null) {
      const { clock, stats } = this.#host;
      stats.appendMs.record(clock.monotonicMs() - entry.queuedMs);
    }
    if (entry.onCommit === null) return;
    try {
      entry.onCommit(error);
    } catch (thrown) {
      // A listener's mistake must not stop the journal or the acknowledgements behind it.
      this.#host.logger.error('commit-listener-failed', 'A commit listener threw', {
        error: thrown,
        stream: entry.stream,
      });
    }
  }
}
