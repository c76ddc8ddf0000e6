/**
 * Timers by key for a state machine: setting a key again replaces its timer. A timer that is pushed back (a heartbeat)
 * only gets a new deadline; the clock is asked again when the old one comes.
 */
import type { Clock, Timer } from '../base/clock.ts';
import type { CoordinatorResult } from './types.ts';

/** What runs when a timer fires; its records are appended like those of any other operation. */
export type TimerOperation<T> = () => CoordinatorResult<T, void>;

/** What became of setting a key, for who sets it again and again: finding it by its name costs more than all else then. */
export interface SetKey {
  /**
   * As if the key were set again, with the same operation: it runs `delayMs` from now. False, and nothing is done, when the
   * key was set anew since, has run or was cancelled, or when this would be earlier than before.
   */
  pushBack(delayMs: number): boolean;
}

interface Entry<T> {
  deadlineMs: number;
  operation: TimerOperation<T>;
  timer: Timer;
  /** When `timer` fires: never after the deadline. */
  firesAtMs: number;
  /** Of the last `set`; null once it has run or was cancelled. */
  setKey: SetKey | null;
}

class EntryKey<T> implements SetKey {
  readonly #entry: Entry<T>;
  readonly #clock: Clock;

  constructor(entry: Entry<T>, clock: Clock) {
    this.#entry = entry;
    this.#clock = clock;
  }

  pushBack(delayMs: number): boolean {
    const entry = this.#entry;
    const deadlineMs = this.#clock.monotonicMs() + delayMs;
    if (entry.setKey !== this || deadlineMs < entry.firesAtMs) return false;
    entry.deadlineMs = deadlineMs;
    return true;
  }
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
  set(key: string, delayMs: number, operation: TimerOperation<T>): SetKey {
    const deadlineMs = this.#clock.monotonicMs() + delayMs;
    let entry = this.#entries.get(key);
    if (entry !== undefined && entry.firesAtMs <= deadlineMs) {
      entry.deadlineMs = deadlineMs;
      entry.operation = operation;
    } else {
      this.cancel(key);
      const timer = this.#clock.setTimer(Math.max(delayMs, 0), () => this.#fire(key));
      entry = { deadlineMs, operation, timer, firesAtMs: deadlineMs, setKey: null };
      this.#entries.set(key, entry);
    }
    return (entry.setKey = new EntryKey(entry, this.#clock));
  }

  /** True while a key is set and has not run yet. */
  has(key: string): boolean {
    return this.#entries.has(key);
  }

  cancel(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    end(entry);
    this.#entries.delete(key);
  }

  cancelAll(): void {
    for (const entry of this.#entries.values()) end(entry);
    this.#entries.clear();
  }

  #fire(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    // Timers may come a little early, and a pushed-back deadline is still ahead.
    const delayMs = entry.deadlineMs - this.#clock.monotonicMs();
    if (delayMs > 0) {
      entry.firesAtMs = entry.deadlineMs;
      entry.timer = this.#clock.setTimer(delayMs, () => this.#fire(key));
      return;
    }
    entry.setKey = null;
    this.#entries.delete(key);
    this.#run(entry.operation, key);
  }
}

function end(entry: Entry<unknown>): void {
  entry.timer.cancel();
  entry.setKey = null;
}
