/**
 * Timers by key for a state machine: setting a key again replaces its timer. One timer of the clock stands for them all, and
 * comes when the first of them is due; most are pushed back (a heartbeat) long before, which only moves their deadline.
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

class Entry<T> implements SetKey {
  readonly operation: TimerOperation<T>;
  deadlineMs: number;
  /** It has not run, and was neither cancelled nor set anew. */
  isSet = true;
  readonly #clock: Clock;

  constructor(clock: Clock, deadlineMs: number, operation: TimerOperation<T>) {
    this.#clock = clock;
    this.deadlineMs = deadlineMs;
    this.operation = operation;
  }

  pushBack(delayMs: number): boolean {
    const deadlineMs = this.#clock.monotonicMs() + delayMs;
    if (!this.isSet || deadlineMs < this.deadlineMs) return false;
    this.deadlineMs = deadlineMs;
    return true;
  }

  isDue(nowMs: number): boolean {
    return this.isSet && this.deadlineMs <= nowMs;
  }
}

export class KeyedTimers<T> {
  readonly #clock: Clock;
  readonly #run: (operation: TimerOperation<T>, key: string) => void;
  readonly #entries = new Map<string, Entry<T>>();
  #timer: Timer | null = null;
  /** When that comes: never after the first deadline. */
  #firesAtMs = Infinity;

  /** @param run runs an operation as a write. */
  constructor(clock: Clock, run: (operation: TimerOperation<T>, key: string) => void) {
    this.#clock = clock;
    this.#run = run;
  }

  /** Runs `operation` once, `delayMs` from now, unless the key is set again or cancelled before. */
  set(key: string, delayMs: number, operation: TimerOperation<T>): SetKey {
    const former = this.#entries.get(key);
    if (former !== undefined) former.isSet = false;
    const entry = new Entry(this.#clock, this.#clock.monotonicMs() + delayMs, operation);
    this.#entries.set(key, entry);
    this.#fireAt(entry.deadlineMs);
    return entry;
  }

  /** True while a key is set and has not run yet. */
  has(key: string): boolean {
    return this.#entries.has(key);
  }

  cancel(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.isSet = false;
    this.#entries.delete(key);
  }

  cancelAll(): void {
    for (const key of this.#entries.keys()) this.cancel(key);
    this.#timer?.cancel();
    this.#timer = null;
    this.#firesAtMs = Infinity;
  }

  #fireAt(deadlineMs: number): void {
    if (deadlineMs >= this.#firesAtMs) return;
    this.#timer?.cancel();
    this.#firesAtMs = deadlineMs;
    this.#timer = this.#clock.setTimer(Math.max(deadlineMs - this.#clock.monotonicMs(), 0), () => this.#fire());
  }

  /** The clock may come a little early, and what it was to come for may be cancelled or pushed back: then nothing is due. */
  #fire(): void {
    this.#firesAtMs = Infinity;
    const nowMs = this.#clock.monotonicMs();
    const due = [...this.#entries].filter(([, entry]) => entry.isDue(nowMs));
    due.sort(([, a], [, b]) => a.deadlineMs - b.deadlineMs);
    for (const [key, entry] of due) {
      if (!entry.isDue(nowMs)) continue; // those before it may have set, cancelled or pushed it back
      this.cancel(key);
      this.#run(entry.operation, key);
    }
    let firstMs = Infinity;
    for (const { deadlineMs } of this.#entries.values()) firstMs = Math.min(firstMs, deadlineMs);
    this.#fireAt(firstMs);
  }
}
