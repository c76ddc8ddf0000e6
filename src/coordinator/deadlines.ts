/** Bounds how long answers wait for commits: one timer for all of them. */
import type { Clock, Timer } from '../base/clock.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { coordinatorError } from './errors.ts';

/** Takes the outcome of a wait: null when everything waited for is committed. */
export type Settle = (error: KafkaError | null) => void;

interface Wait {
  readonly settle: Settle;
  /** On the monotonic clock. */
  readonly deadlineMs: number;
}

export class Deadlines {
  readonly #clock: Clock;
  readonly #waits = new Set<Wait>();
  #timer: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Gives `settle` what comes first, the outcome given to the result or, `timeoutMs` from now, an error. */
  limit(settle: Settle, timeoutMs: number): Settle {
    const wait = { settle, deadlineMs: this.#clock.monotonicMs() + timeoutMs };
    this.#waits.add(wait);
    // Most waits end long before the timer, which is not worth setting anew for each.
    this.#timer ??= this.#clock.setTimer(timeoutMs, () => this.#expire());
    return (error) => {
      if (this.#waits.delete(wait)) settle(error);
    };
  }

  #expire(): void {
    this.#timer = null;
    const nowMs = this.#clock.monotonicMs();
    const late = [...this.#waits].filter(({ deadlineMs }) => deadlineMs <= nowMs);
    for (const wait of late) this.#waits.delete(wait);
    let nextMs = Infinity;
    for (const { deadlineMs } of this.#waits) nextMs = Math.min(nextMs, deadlineMs);
    if (nextMs < Infinity) this.#timer = this.#clock.setTimer(nextMs - nowMs, () => this.#expire());
    const error = coordinatorError(new KafkaError(ErrorCode.REQUEST_TIMED_OUT, 'It could not be stored in time.'));
    for (const { settle } of late) settle(error);
  }

  /** Forgets the timer; what still waits is for the caller to settle. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
