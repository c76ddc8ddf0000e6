/** Waits between attempts that end early when whoever tries is closed. */
import type { Clock, Timer } from '../base/clock.ts';

export class Pauses {
  readonly #clock: Clock;
  readonly #pending = new Map<Timer, () => void>();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves after `ms`, or when this is closed. */
  pause(ms: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(ms, () => {
        this.#pending.delete(timer);
        resolve();
      });
      this.#pending.set(timer, resolve);
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const [timer, resolve] of this.#pending) {
      timer.cancel();
      resolve();
    }
    this.#pending.clear();
  }
}
