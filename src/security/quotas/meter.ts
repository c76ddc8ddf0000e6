/** What some clients share of one quota: what they used of it, and for how long they were held back. */
import type { ClientQuotaKey } from './quota-keys.ts';
import type { ClientLimit } from './quota-table.ts';
import { SampledRate, type Windows } from './sampled-rate.ts';
import { TokenBucket } from './token-bucket.ts';

/** An answer can say no more: some 24 days. */
const MAX_THROTTLE_MS = 2 ** 31 - 1;

abstract class Meter {
  readonly key: ClientQuotaKey;
  readonly user: string | null;
  readonly clientId: string | null;
  limit: number;
  lastMs: number;
  /** Times that somebody was held back, and for how long in all, in ms. */
  throttled = 0;
  throttledMs = 0;

  constructor(key: ClientQuotaKey, { limit, user, clientId }: ClientLimit, nowMs: number) {
    this.key = key;
    this.user = user;
    this.clientId = clientId;
    this.limit = limit;
    this.lastMs = nowMs;
  }

  protected count(throttleMs: number): number {
    if (throttleMs > 0) {
      this.throttled += 1;
      this.throttledMs += throttleMs;
    }
    return throttleMs;
  }
}

/** Bytes or time. */
export class RateMeter extends Meter {
  readonly #rate: SampledRate;
  readonly #windows: Windows;
  readonly #maxThrottleMs: number;

  /** @param maxThrottleMs nobody is held back for longer at once */
  constructor(key: ClientQuotaKey, limit: ClientLimit, windows: Windows, maxThrottleMs: number, nowMs: number) {
    super(key, limit, nowMs);
    this.#rate = new SampledRate(windows);
    this.#windows = windows;
    this.#maxThrottleMs = Math.min(maxThrottleMs, MAX_THROTTLE_MS);
  }

  /** Counts it, and says for how long whoever brought it is to be held back, in ms. */
  record(value: number, nowMs: number): number {
    this.#rate.record(value, nowMs);
    this.lastMs = nowMs;
    return this.count(Math.min(this.#rate.excessMs(this.limit, nowMs), this.#maxThrottleMs));
  }

  /** Counts what nobody is held back for now. */
  note(value: number, nowMs: number): void {
    this.#rate.record(value, nowMs);
    this.lastMs = nowMs;
  }

  isWithin(nowMs: number): boolean {
    return this.#rate.measure(nowMs) <= this.limit;
  }

  /** What may come at once after a rest. */
  get burst(): number {
    return (this.limit * (this.#windows.count - 1) * this.#windows.ms) / 1000;
  }
}

/** Changes of metadata. */
export class MutationMeter extends Meter {
  readonly #bucket: TokenBucket;

  constructor(limit: ClientLimit, windows: Windows, nowMs: number) {
    super('controller_mutation_rate', limit, nowMs);
    this.#bucket = new TokenBucket(windows);
  }

  /** How long to wait until one is within the limit again, in ms. */
  excessMs(nowMs: number): number {
    this.lastMs = nowMs;
    return Math.min(this.#bucket.excessMs(this.limit, nowMs), MAX_THROTTLE_MS);
  }

  take(count: number, nowMs: number): void {
    this.#bucket.take(count, this.limit, nowMs);
  }

  /** Notes that somebody was held back. */
  held(throttleMs: number): void {
    this.count(throttleMs);
  }
}
