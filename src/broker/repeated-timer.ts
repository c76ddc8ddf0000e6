/** What is done now and then for as long as a broker lives. */
import type { Clock, Timer } from '../base/clock.ts';

/** A setting of 0 ms means often, not without end. */
const LEAST_INTERVAL_MS = 10;

/** Does something again and again, each time so long after it was done. */
export class RepeatedTimer {
  readonly #clock: Clock;
  readonly #run: () => Promise<void>;
  #timer: Timer | null = null;
  /** It does nothing more, once what is under way is done. */
  isStopped = false;

  constructor(clock: Clock, run: () => Promise<void>) {
    this.#clock = clock;
    this.#run = run;
  }

  start(intervalMs: () => number): void {
    if (this.isStopped) return;
    this.#timer = this.#clock.setTimer(Math.max(LEAST_INTERVAL_MS, intervalMs()), () => {
      void this.#run().finally(() => this.start(intervalMs));
    });
  }

  stop(): void {
    this.isStopped = true;
    this.#timer?.cancel();
  }
}
