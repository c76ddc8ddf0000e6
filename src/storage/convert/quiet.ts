/** Tells when clients leave the machine time for what only gains later: conversion that nobody waits for. */
import type { Clock } from '../../base/clock.ts';
import type { EngineStats } from '../stats.ts';

/** Bytes written and read from files a second, together, below which it is quiet. */
const QUIET_BYTES_PER_SECOND = 16 * 1024 * 1024;
/** Shorter times tell nothing. */
const MIN_WINDOW_MS = 100;

export class Quiet {
  readonly #clock: Clock;
  readonly #stats: Pick<EngineStats, 'bytesWritten' | 'fileReadBytes'>;
  #sinceMs: number;
  #bytes: number;
  #isQuiet = false;

  constructor(clock: Clock, stats: Pick<EngineStats, 'bytesWritten' | 'fileReadBytes'>) {
    this.#clock = clock;
    this.#stats = stats;
    this.#sinceMs = clock.monotonicMs();
    this.#bytes = this.#total;
  }

  /** By what was written and read since the last look. */
  look(): boolean {
    const elapsedMs = this.#clock.monotonicMs() - this.#sinceMs;
    if (elapsedMs < MIN_WINDOW_MS) return this.#isQuiet;
    const bytes = this.#total - this.#bytes;
    this.#isQuiet = bytes * 1000 < QUIET_BYTES_PER_SECOND * elapsedMs;
    this.#sinceMs += elapsedMs;
    this.#bytes += bytes;
    return this.#isQuiet;
  }

  get #total(): number {
    return this.#stats.bytesWritten + this.#stats.fileReadBytes;
  }
}
