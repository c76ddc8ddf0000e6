/**
 * Tokens that come at a rate and are taken for what is done (KIP-599): as many as come within all windows are kept, so
 * that much may be done at once, and whoever has some left may take more than there are.
 */
import type { Windows } from './sampled-rate.ts';

export class TokenBucket {
  readonly #windows: Windows;
  #tokens = 0;
  /** Null: full. */
  #filledMs: number | null = null;

  constructor(windows: Windows) {
    this.#windows = windows;
  }

  /** Below zero while more was taken than came. @param limit tokens a second */
  tokens(limit: number, nowMs: number): number {
    const most = ((this.#windows.count * this.#windows.ms) / 1000) * limit;
    const came = this.#filledMs === null ? Infinity : ((nowMs - this.#filledMs) / 1000) * limit;
    this.#filledMs = nowMs;
    this.#tokens = Math.min(most, this.#tokens + came);
    return this.#tokens;
  }

  take(count: number, limit: number, nowMs: number): void {
    this.#tokens = this.tokens(limit, nowMs) - count;
  }

  /** How long it takes until nothing is owed any more, in whole ms. */
  excessMs(limit: number, nowMs: number): number {
    return Math.max(0, Math.round((-this.tokens(limit, nowMs) / limit) * 1000));
  }
}
