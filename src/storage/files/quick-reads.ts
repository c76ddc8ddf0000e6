/**
 * Which file reads are made at once, on the event loop's thread: those of bytes that the page cache has most likely, where
 * a thread would cost more than the read. That is what this process wrote lately, and what an earlier one did where
 * threads have found that no disk is asked for it, as long as such reads are quick and do not add up: a search or a fetch
 * may read far more than it gives.
 */
import { totalmem } from 'node:os';
import type { Clock } from '../../base/clock.ts';
import { atTurnEnd } from '../../base/turns.ts';
import type { EngineStats } from '../stats.ts';

/** Part of the memory in which what was written lately is expected to be found. */
const MEMORY_SHARE = 1 / 8;
/** A read that took longer than this had to ask the disk, and the next ones use a thread; or the CPU was not to be had. */
const SLOW_MS = 5;
const SLOW_PENALTY_MS = 1000;
/** After so many reads on threads in a row that asked no disk, what an earlier process wrote is in the page cache, too. */
const CACHED_READS = 32;
/** A read that took longer is looked at: it may have asked a disk nevertheless. */
const NOT_CACHED_MS = 0.5;
/** A longer read takes a while from the page cache, too. */
const MAX_BYTES = 1024 * 1024;
/** After so long in one turn of the event loop, what else is read in it uses a thread. */
const TURN_MS = 5;

/** Bytes that the page cache keeps of what was written last, at a guess. */
export function likelyCachedBytes(): number {
  const limit = process.constrainedMemory();
  const memory = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return memory * MEMORY_SHARE;
}

/** Blocks that this process had read from disks so far. What network and user-space file systems read may not count. */
function blocksRead(): number {
  return process.resourceUsage().fsRead;
}

export class QuickReads {
  readonly #clock: Clock;
  readonly #stats: EngineStats;
  readonly #cachedBytes: number;
  readonly #blocksRead: () => number;
  /** As it was at the last slow read, or read on a thread. */
  #blocksReadThen = 0;
  /** Reads on threads that asked no disk since one did. */
  #cachedReads = 0;
  #wasSlow = false;
  #slowUntilMs = Number.NEGATIVE_INFINITY;
  #turnEnds = false;
  /** What the reads of this turn took. */
  #turnMs = 0;

  /**
   * @param cachedBytes how far back from the end of the journal reads are expected to be quick
   * @param blocks how many the process has read from disks, as the system counts them
   */
  constructor(clock: Clock, stats: EngineStats, cachedBytes: number, blocks = blocksRead) {
    this.#clock = clock;
    this.#blocksRead = blocks;
    this.#stats = stats;
    this.#cachedBytes = cachedBytes;
  }

  /**
   * @param byteLength of the read
   * @param bytesBehind journal bytes written since those that are to be read
   */
  allows(byteLength: number, bytesBehind: number): boolean {
    if (byteLength > MAX_BYTES || this.#turnMs >= TURN_MS) return false;
    if (bytesBehind > this.#cachedBytes) return false;
    // What an earlier process wrote may be from before the machine started.
    if (bytesBehind > this.#stats.bytesWritten && this.#cachedReads < CACHED_READS) return false;
    return this.#clock.monotonicMs() >= this.#slowUntilMs;
  }

  /** Runs a read, and learns from how long it takes, also to fail. */
  timed(read: () => number): number {
    const startedMs = this.#clock.monotonicMs();
    try {
      return read();
    } finally {
      this.#took(startedMs, this.#clock.monotonicMs());
    }
  }

  /** A read on a thread has ended. */
  onThread(): void {
    if (this.#hasAskedDisk()) this.#cachedReads = 0;
    else this.#cachedReads += 1;
  }

  #took(startedMs: number, endedMs: number): void {
    const tookMs = endedMs - startedMs;
    const isSlow = tookMs > SLOW_MS;
    const hasAskedDisk = tookMs > NOT_CACHED_MS && this.#hasAskedDisk();
    if (hasAskedDisk) this.#cachedReads = 0;
    // Beside other programs that want the CPU this thread may have been stopped in the middle of a read, and threads would
    // cost more of what is scarce. Where disks are not counted, two in a row are no chance.
    if (isSlow && (hasAskedDisk || this.#wasSlow)) {
      this.#slowUntilMs = endedMs + SLOW_PENALTY_MS;
      this.#cachedReads = 0;
    }
    this.#wasSlow = isSlow;
    this.#turnMs += tookMs;
    if (this.#turnEnds) return;
    this.#turnEnds = true;
    atTurnEnd(this.#endTurn);
  }

  /** Whether this process, any thread of it, has read from a disk since it was last looked at. */
  #hasAskedDisk(): boolean {
    const blocks = this.#blocksRead();
    const hasAsked = blocks !== this.#blocksReadThen;
    this.#blocksReadThen = blocks;
    return hasAsked;
  }

  readonly #endTurn = (): void => {
    this.#turnEnds = false;
    this.#turnMs = 0;
  };
}
