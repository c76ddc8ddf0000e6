/** Deadlines of many waits, by one timer: most waits end long before theirs, and a timer for each would cost more. */
import type { Clock, Timer } from './clock.ts';

export class Deadlines {
  readonly #clock: Clock;
  /** By what is to be called: the deadline on the monotonic clock. */
  readonly #waits = new Map<() => void, number>();
  #timer: Timer | null = null;
  #firesAtMs = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `expire` once, `timeoutMs` from now (Infinity: never), unless what it returns is called before. */
  add(expire: () => void, timeoutMs: number): () => void {
    const deadlineMs = this.#clock.monotonicMs() + timeoutMs;
    this.#waits.set(expire, deadlineMs);
    if (deadlineMs < this.#firesAtMs) this.#setTimer(deadlineMs, timeoutMs);
    return () => void this.#waits.delete(expire);
  }

  /** Forgets the timer; what still waits is for the caller to settle. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#firesAtMs = Infinity;
  }

  #setTimer(deadlineMs: number, delayMs: number): void {
    this.#timer?.cancel();
    this.#firesAtMs = deadlineMs;
    this.#timer = this.#clock.setTimer(delayMs, () => this.#expire());
  }

  #expire(): void {
    this.close();
    const nowMs = this.#clock.monotonicMs();
    for (const [expire, deadlineMs] of this.#waits) {
      if (deadlineMs > nowMs) continue;
      this.#waits.delete(expire);
      expire();
    }
    let nextMs = Infinity;
    for (const deadlineMs of this.#waits.values()) nextMs = Math.min(nextMs, deadlineMs);
    if (nextMs < this.#firesAtMs) this.#setTimer(nextMs, nextMs - nowMs);
  }
}
