/**
 * Which file reads are made at once, on the event loop's thread: those of bytes that the page cache has most likely, where
 * a thread would cost more than the read. That is what this process wrote lately, as long as such reads are quick and do
 * not add up: a search or a fetch may read far more than it gives.
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
  /** As it was at the last slow read. */
  #blocksReadThen = 0;
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
    // What an earlier process wrote may be from before the machine started.
    if (bytesBehind > Math.min(this.#cachedBytes, this.#stats.bytesWritten)) return false;
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

  #took(startedMs: number, endedMs: number): void {
    const isSlow = endedMs - startedMs > SLOW_MS;
    if (isSlow && this.#askedDisk()) this.#slowUntilMs = endedMs + SLOW_PENALTY_MS;
    this.#wasSlow = isSlow;
    this.#turnMs += endedMs - startedMs;
    if (this.#turnEnds) return;
    this.#turnEnds = true;
    atTurnEnd(this.#endTurn);
  }

  /**
   * Whether a slow read was so for the disk. Beside other programs that want the CPU this thread may have been stopped in the
   * middle of it, and threads would cost more of what is scarce. Where disks are not counted, two in a row are no chance.
   */
  #askedDisk(): boolean {
    const blocks = this.#blocksRead();
    const haveBeenRead = blocks !== this.#blocksReadThen;
    this.#blocksReadThen = blocks;
    return haveBeenRead || this.#wasSlow;
  }

  readonly #endTurn = (): void => {
    this.#turnEnds = false;
    this.#turnMs = 0;
  };
}
