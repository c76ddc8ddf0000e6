/**
 * Whether the disk seems to stall, so that a write on the event loop might hold it for as long as that takes: the last such
 * write was slow and those on a thread are not quick again; or a sync takes long, which most of what stops writes stops
 * first, and no write on a thread has shown just now that this does not.
 */
import type { Clock } from '../../base/clock.ts';

/** A write that took longer than this shows a stalling disk, or a busy machine. */
const STALL_MS = 5;
/** So many writes in a row must be quick on the thread until they are synchronous again; twice as many each time that ... */
const PROBES = 8;
/** ... it stalls again within this; at most so many. */
const STALL_AGAIN_MS = 1000;
const MAX_PROBES = 32;
/** Larger writes need their time, and show nothing. */
const PROBE_BYTES = 256 * 1024;
/** A sync that runs longer than this is slow: writes may have to wait with it, which one on the thread finds out. */
const SLOW_SYNC_MS = 30;
/** For so long after a write on the thread that was quick they do not. */
const TRUST_MS = 5;

export class StallWatch {
  readonly #clock: Clock;
  /** Quick writes on the thread that are still missing. */
  #missingProbes = 0;
  #wantedProbes = PROBES;
  #stalledMs = Number.NEGATIVE_INFINITY;
  /** When a write on the thread was quick last. */
  #quickMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when no write should be made on the event loop. @param syncSinceMs when the sync under way began, or null */
  seemsStalled(syncSinceMs: number | null): boolean {
    if (this.#missingProbes > 0) return true;
    if (syncSinceMs === null) return false;
    const nowMs = this.#clock.monotonicMs();
    return nowMs - syncSinceMs > SLOW_SYNC_MS && nowMs - this.#quickMs > TRUST_MS;
  }

  /** A write on the event loop is done. */
  wroteAtOnce(tookMs: number, nowMs: number): void {
    if (tookMs <= STALL_MS) return;
    const isAgain = nowMs - this.#stalledMs < STALL_AGAIN_MS;
    this.#wantedProbes = isAgain ? Math.min(this.#wantedProbes * 2, MAX_PROBES) : PROBES;
    this.#missingProbes = this.#wantedProbes;
    this.#stalledMs = nowMs;
  }

  /** A write on the thread is done. */
  wroteOnThread(byteLength: number, tookMs: number, nowMs: number): void {
    if (byteLength > PROBE_BYTES) return;
    if (tookMs <= STALL_MS) this.#quickMs = nowMs;
    if (this.#missingProbes === 0) return;
    this.#missingProbes = tookMs <= STALL_MS ? this.#missingProbes - 1 : this.#wantedProbes;
  }
}
