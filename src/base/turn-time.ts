/** The time for those who ask very often: the clock is read once for what happens together. */
import { nextTick } from './real-time.ts';
import type { Clock } from './clock.ts';

/** Askings that get the same time at most: a loop that goes on without an event takes longer than a millisecond for more. */
const SAME_FOR = 64;

export class TurnTime {
  readonly #clock: Clock;
  #nowMs = 0;
  #left = 0;
  #isAwaited = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds since 1970, as when the microtasks that run now began, or a few askings ago. */
  now(): number {
    if (this.#left === 0) {
      this.#left = SAME_FOR;
      this.#nowMs = this.#clock.now();
      if (!this.#isAwaited) {
        this.#isAwaited = true;
        nextTick(this.#end);
      }
    }
    this.#left -= 1;
    return this.#nowMs;
  }

  readonly #end = (): void => {
    this.#isAwaited = false;
    this.#left = 0;
  };
}
