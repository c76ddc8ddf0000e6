/** When a commit is written, and which commits are timed. */
import type { Clock } from '../../base/clock.ts';

/** Smaller commits are timed one in so many: reading the clock may take as long as a tenth of a small write. */
const TIMED_BYTES = 16 * 1024;
const SAMPLE = 16;
/** How long the difference between the two clocks is taken to be what it was. */
const SAME_DIFFERENCE_MS = 100;

export class WriteTimes {
  readonly #clock: Clock;
  /** Small commits until one is timed. */
  #untilSample = 0;
  /** What the wall clock was ahead of the monotonic one, and when that was. */
  #aheadMs = 0;
  #comparedMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when a commit of this size, the next one, is to be timed. */
  isTimed(byteLength: number): boolean {
    if (byteLength >= TIMED_BYTES) return true;
    this.#untilSample = (this.#untilSample + SAMPLE - 1) % SAMPLE;
    return this.#untilSample === SAMPLE - 1;
  }

  /** The wall clock at a moment of the monotonic one. */
  wallMs(monotonicMs: number): number {
    if (monotonicMs - this.#comparedMs > SAME_DIFFERENCE_MS) {
      this.#comparedMs = monotonicMs;
      this.#aheadMs = this.#clock.now() - monotonicMs;
    }
    return Math.floor(monotonicMs + this.#aheadMs);
  }
}
