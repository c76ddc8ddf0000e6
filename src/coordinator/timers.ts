/**
 * Timers by key for a state machine: setting a key again replaces its timer. A timer that is pushed back (a heartbeat)
 * only gets a new deadline; the clock is asked again when the old one comes.
 */
import type { Clock, Timer } from '../base/clock.ts';
import type { CoordinatorResult } from './types.ts';

/** What runs when a timer fires; its records are appended like those of any other operation. */
export type TimerOperation<T> = () => CoordinatorResult<T, void>;

interface Entry<T> {
  deadlineMs: number;
  operation: TimerOperation<T>;
  timer: Timer;
  /** When `timer` fires: never after the deadline. */
  firesAtMs: number;
}

export class KeyedTimers<T> {
  readonly #clock: Clock;
  readonly #run: (operation: TimerOperation<T>, key: string) => void;
  readonly #entries = new Map<string, Entry<T>>();

  /** @param run runs an operation as a write. */
  constructor(clock: Clock, run: (operation: TimerOperation<T>, key: string) => void) {
    this.#clock = clock;
    this.#run = run;
  }

  /** Runs `operation` once, `delayMs` from now, unless the key is set again or cancelled before. */
  set(key: string, delayMs: number, operation: TimerOperation<T>): void {
    const deadlineMs = this.#clock.monotonicMs() + delayMs;
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.firesAtMs <= deadlineMs) {
      entry.deadlineMs = deadlineMs;
      entry.operation = operation;
      return;
    }
    entry?.timer.cancel();
    this.#arm(key, { deadlineMs, operation });
  }

  /** True while a key is set and has not run yet. */
  has(key: string): boolean {
    return this.#entries.has(key);
  }

  cancel(key: string): void {
    this.#entries.get(key)?.timer.cancel();
    this.#entries.delete(key);
  }

  cancelAll(): void {
    for (const entry of this.#entries.values()) entry.timer.cancel();
    this.#entries.clear();
  }

  #arm(key: string, wanted: { readonly deadlineMs: number; readonly operation: TimerOperation<T> }): void {
    const delayMs = Math.max(wanted.deadlineMs - this.#clock.monotonicMs(), 0);
    const timer = this.#clock.setTimer(delayMs, () => this.#fire(key));
    this.#entries.set(key, { ...wanted, timer, firesAtMs: wanted.deadlineMs });
  }

  #fire(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    // Timers may come a little early, and a pushed-back deadline is still ahead.
    if (entry.deadlineMs > this.#clock.monotonicMs()) {
      this.#arm(key, entry);
      return;
    }
    this.#entries.delete(key);
    this.#run(entry.operation, key);
  }
}
