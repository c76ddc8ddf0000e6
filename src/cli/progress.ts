/** A line on the terminal that says how far something is, how quick, and how much time is left. */
import type { Clock } from '../base/clock.ts';
import type { Output } from './output.ts';
import { durationText } from './text.ts';

const INTERVAL_MS = 250;
/** What the time left goes by is looked at only after a while. */
const SETTLED_MS = 2000;

export class Progress {
  readonly #output: Output;
  readonly #clock: Clock;
  /** What counts as all; 0 where nobody knows. */
  readonly #total: number;
  readonly #startMs: number;
  #shownMs: number;
  #hasShown = false;

  constructor(output: Output, clock: Clock, total: number) {
    this.#output = output;
    this.#clock = clock;
    this.#total = total;
    this.#startMs = clock.monotonicMs();
    this.#shownMs = this.#startMs;
  }

  /** `done` of the total; `text` says what is done in words. Shows nothing where nobody looks, or just did. */
  show(done: number, text: () => string): void {
    if (!this.#output.isProgressShown) return;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#shownMs < INTERVAL_MS) return;
    this.#shownMs = nowMs;
    this.#hasShown = true;
    const share = this.#total > 0 ? Math.min(1, done / this.#total) : 0;
    const percent = this.#total > 0 ? `${Math.floor(share * 100)} %, ` : '';
    const spentMs = nowMs - this.#startMs;
    const left = share > 0 && spentMs > SETTLED_MS ? `, ${durationText((spentMs / share) * (1 - share))} left` : '';
    this.#output.status(`${percent}${text()}${left}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#hasShown) this.#output.status('');
    this.#hasShown = false;
  }

  /** Since it began, in ms. */
  get spentMs(): number {
    return this.#clock.monotonicMs() - this.#startMs;
  }
}
