/** Tells when clients leave the machine time for what only gains later: conversion that nobody waits for. */
import type { Clock } from '../../base/clock.ts';
import type { EngineStats } from '../stats.ts';

/** Bytes written and read from files a second, together, below which it is quiet. */
const QUIET_BYTES_PER_SECOND = 16 * 1024 * 1024;
/** Writes and reads a second, together: what arrives compressed is much work for few bytes. */
const QUIET_OPERATIONS_PER_SECOND = 100;
/** Shorter times tell nothing. */
const MIN_WINDOW_MS = 100;

type Counters = Pick<EngineStats, 'bytesWritten' | 'fileReadBytes' | 'commits' | 'fileReads'>;

export class Quiet {
  readonly #clock: Clock;
  readonly #stats: Counters;
  #sinceMs: number;
  #bytes: number;
  #operations: number;
  #isQuiet = false;

  constructor(clock: Clock, stats: Counters) {
    this.#clock = clock;
    this.#stats = stats;
    this.#sinceMs = clock.monotonicMs();
    this.#bytes = stats.bytesWritten + stats.fileReadBytes;
    this.#operations = stats.commits + stats.fileReads;
  }

  /** By what was written and read since the last look. */
  look(): boolean {
    const { bytesWritten, fileReadBytes, commits, fileReads } = this.#stats;
    const elapsedMs = this.#clock.monotonicMs() - this.#sinceMs;
    if (elapsedMs < MIN_WINDOW_MS) return this.#isQuiet;
    const bytes = bytesWritten + fileReadBytes - this.#bytes;
    const operations = commits + fileReads - this.#operations;
    this.#isQuiet =
      bytes * 1000 < QUIET_BYTES_PER_SECOND * elapsedMs && operations * 1000 < QUIET_OPERATIONS_PER_SECOND * elapsedMs;
    this.#sinceMs += elapsedMs;
    this.#bytes += bytes;
    this.#operations += operations;
    return this.#isQuiet;
  }
}
