/** The clock of a broker in a program: the machine's, and as far ahead of it as the program moved it. */
import { type Clock, systemClock, type Timer } from '../base/clock.ts';
import { turn } from '../base/real-time.ts';

interface PendingTimer {
  /** By `monotonicMs`. */
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
  /** The machine's timer for it. */
  timer: Timer;
}

/** So many stops are made on the way at most, however far it is. */
const MOST_STOPS = 256;

export class MovableClock implements Clock {
  #aheadMs = 0;
  #order = 0;
  readonly #pending = new Set<PendingTimer>();

  now(): number {
    return systemClock.now() + Math.floor(this.#aheadMs);
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#aheadMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const atMs = this.monotonicMs() + Math.max(delayMs, 0);
    const pending: PendingTimer = {
      atMs,
      order: this.#order++,
      callback,
      timer: this.#realTimer(delayMs, () => this.#fire(pending)),
    };
    this.#pending.add(pending);
    return { cancel: () => this.#forget(pending) };
  }

  /**
   * Goes `ms` ahead. What is due on the way happens, in order of time; where it sets off something else, that has its
   * turn before time goes on. Over a long way time goes in steps of 1/256 of it.
   */
  async advance(ms: number): Promise<void> {
    let leftMs = ms;
    while (leftMs > 0) {
      const hereMs = this.monotonicMs();
      const nextMs = Math.min(...Array.from(this.#pending, ({ atMs }) => atMs - hereMs), leftMs);
      const stepMs = Math.min(leftMs, Math.max(nextMs, ms / MOST_STOPS, 0));
      leftMs -= stepMs;
      this.#aheadMs += stepMs;
      this.#fireDue();
      // Commits come at the end of a turn, and who waits for them in the next.
      await turn();
      await turn();
    }
    for (const pending of this.#pending) {
      pending.timer.cancel();
      pending.timer = this.#realTimer(pending.atMs - this.monotonicMs(), () => this.#fire(pending));
    }
  }

  #realTimer(delayMs: number, callback: () => void): Timer {
    return systemClock.setTimer(delayMs, callback);
  }

  #fireDue(): void {
    const nowMs = this.monotonicMs();
    const due = [...this.#pending].filter(({ atMs }) => atMs <= nowMs);
    due.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
    // One that fires may cancel another.
    for (const pending of due) if (this.#pending.has(pending)) this.#fire(pending);
  }

  #fire(pending: PendingTimer): void {
    this.#forget(pending);
    pending.callback();
  }

  #forget(pending: PendingTimer): void {
    this.#pending.delete(pending);
    pending.timer.cancel();
  }
}

/** The time of a broker. It goes with the machine's, whatever timers the program has faked. */
export class BrokerClock {
  readonly #clock: MovableClock;

  /** @internal */
  constructor(clock: MovableClock) {
    this.#clock = clock;
  }

  /** In ms since the Unix epoch. */
  now(): number {
    return this.#clock.now();
  }

  /**
   * Moves the broker `ms` ahead: sessions and transactions time out, records reach the end of their retention. Resolves
   * when what was due has begun. Time never goes back, not by `reset` either.
   * @throws RangeError
   */
  async advance(ms: number): Promise<void> {
    if (!(typeof ms === 'number' && ms >= 0 && ms < Infinity)) {
      throw new RangeError(`advance: a number of milliseconds from 0 on, not ${String(ms)}`);
    }
    await this.#clock.advance(ms);
  }
}
