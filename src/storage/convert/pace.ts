/** Keeps a merge to its rate; and lets others of its thread have their turn. */
import { turn } from '../../base/real-time.ts';
import type { Clock } from '../../base/clock.ts';
import type { MergeControl } from './serial-merger.ts';

/** Longest wait at a time, after which the rate is looked at again. */
const MAX_WAIT_MS = 100;
/** What was not used is not saved up beyond this. */
const MAX_AHEAD_MS = 100;

export class Pace {
  readonly #clock: Clock;
  readonly #control: Pick<MergeControl, 'isCancelled' | 'bytesPerSecond'>;
  /** When what was done until now is paid for. */
  #paidMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, control: Pick<MergeControl, 'isCancelled' | 'bytesPerSecond'>) {
    this.#clock = clock;
    this.#control = control;
  }

  /** Waits as long as so many bytes take. */
  async pay(bytes: number): Promise<void> {
    await turn();
    let left = bytes;
    this.#paidMs = Math.max(this.#paidMs, this.#clock.monotonicMs() - MAX_AHEAD_MS);
    while (left > 0 && !this.#control.isCancelled) {
      const { bytesPerSecond } = this.#control;
      if (bytesPerSecond === 0) return;
      // At most as many at a time as show a change of the rate soon.
      const step = Math.min(left, Math.max(1, (bytesPerSecond * MAX_WAIT_MS) / 1000));
      this.#paidMs += (step * 1000) / bytesPerSecond;
      left -= step;
      const waitMs = this.#paidMs - this.#clock.monotonicMs();
      if (waitMs > 0) await new Promise<void>((resolve) => this.#clock.setTimer(waitMs, resolve));
    }
  }
}
