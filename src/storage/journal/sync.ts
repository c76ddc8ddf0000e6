/**
 * Puts written journal bytes on the device, on a thread: soon when an acknowledgement waits for it, else a set time
 * after the first write, and never when nothing is new. Files are synced in order, so what is known to be synced is
 * always one prefix of the journal. A failed sync is final: the system may have dropped the bytes it could not write.
 */
import { broken } from '../../base/invariant.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import type { HeaderContext } from '../format/entry.ts';
import type { EngineStats } from '../stats.ts';
import type { JournalFile } from '../index/journal-file.ts';
import type { WritableFile } from './writable-file.ts';

export interface SyncerOptions {
  readonly clock: Clock;
  readonly stats: EngineStats;
  /** Longest time written bytes stay unsynced, in ms. */
  readonly flushIntervalMs: number;
  readonly onSynced: () => void;
  readonly onFailure: (error: unknown) => void;
}

export class Syncer {
  readonly #options: SyncerOptions;
  /** Files with bytes that are not synced, oldest first. */
  readonly #dirty: WritableFile[] = [];
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #wanted = false;
  #stopped = false;
  /** When the next sync begins at the latest, on the monotonic clock. */
  #dueMs = Infinity;
  /** When the sync under way began, on the monotonic clock; null without one. */
  runningSinceMs: number | null = null;
  /** Where the synced prefix of the journal ends. */
  syncedLsn: number;
  syncedSequence: number;
  syncedPosition: number;

  constructor(options: SyncerOptions, file: JournalFile) {
    this.#options = options;
    this.syncedLsn = file.startLsn + file.written;
    this.syncedSequence = file.sequence;
    this.syncedPosition = file.written;
  }

  /** What headers of entries say that are written to `file` now, at `writtenMs` of the wall clock. */
  headerContext({ file, recycledEnd }: WritableFile, writtenMs: number): HeaderContext {
    return {
      salt: file.salt,
      syncedFilesBack: file.sequence - this.syncedSequence,
      syncedPosition: this.syncedPosition,
      recycledEnd,
      writtenMs,
    };
  }

  /** Says that a file was written to. */
  markDirty(active: WritableFile): void {
    if (this.#dirty.at(-1) !== active) {
      this.#dirty.push(active);
      active.file.references += 1; // its descriptor stays open until then
    }
    if (this.#timer === null && this.#running === null) this.#syncBy(this.#nowMs() + this.#options.flushIntervalMs);
  }

  /** Has what is written now, after `markDirty`, synced within `flushMs`, where that is sooner than it would be. */
  within(flushMs: number): void {
    if (flushMs < this.#options.flushIntervalMs) this.#syncBy(this.#nowMs() + flushMs);
  }

  #syncBy(dueMs: number): void {
    if (this.#stopped || dueMs >= this.#dueMs) return;
    this.#dueMs = dueMs;
    if (this.#running !== null) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(dueMs - this.#nowMs(), () => {
      this.#timer = null;
      this.#dueMs = Infinity;
      this.request();
    });
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  /** Syncs all that is written now as soon as the sync under way, if any, is done. */
  request(): void {
    if (this.#stopped || this.#dirty.length === 0) return;
    this.#wanted = true;
    this.#running ??= this.#run();
  }

  /** True when all that is written is on the device. */
  get isClean(): boolean {
    return this.#dirty.length === 0;
  }

  /** True when nothing will be synced any more. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Syncs all that is written now, and waits for that. */
  async sync(): Promise<void> {
    this.request();
    await this.settle();
  }

  /** Waits for the sync under way. */
  async settle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /** Starts no further sync. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  async #run(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    while (this.#wanted && !this.#stopped) {
      this.#wanted = false;
      await this.#syncAll();
    }
    this.#running = null;
    const dueMs = Math.min(this.#dueMs, this.#nowMs() + this.#options.flushIntervalMs);
    this.#dueMs = Infinity;
    if (this.#dirty.length > 0) this.#syncBy(dueMs);
  }

  async #syncAll(): Promise<void> {
    const { clock, stats } = this.#options;
    for (;;) {
      const oldest = this.#dirty[0];
      if (oldest === undefined || this.#stopped) return;
      const { file, handle } = oldest;
      const target = file.written;
      this.#dueMs = Infinity;
      const isLast = this.#dirty.length === 1;
      const startedMs = clock.monotonicMs();
      this.runningSinceMs = startedMs;
      try {
        await handle.datasync();
        const lsn = file.startLsn + target;
        if (lsn < this.syncedLsn) broken(`The journal was synced to ${this.syncedLsn}, and now to ${lsn}`);
      } catch (error) {
        this.#stopped = true;
        this.#options.onFailure(error);
        return;
      } finally {
        this.runningSinceMs = null;
      }
      stats.syncs += 1;
      stats.flushMs.record(clock.monotonicMs() - startedMs);
      this.syncedLsn = file.startLsn + target;
      this.syncedSequence = file.sequence;
      this.syncedPosition = target;
      // A file that is not the last one grows no more, so this ends.
      if (file.written === target) {
        this.#dirty.shift();
        file.references -= 1;
      }
      this.#options.onSynced();
      if (isLast) return;
    }
  }
}
