/** Deadlines of many waits, by one timer: most waits end long before theirs, and a timer for each would cost more. */
import type { Clock, Timer } from './clock.ts';

/** A wait, in a ring of all: it comes and goes without a search or a table. */
interface Wait {
  readonly deadlineMs: number;
  readonly expire: () => void;
  previous: Wait;
  next: Wait;
}

export class Deadlines {
  readonly #clock: Clock;
  /** Stands between the newest and the oldest wait. */
  readonly #ring: Wait = emptyRing();
  #timer: Timer | null = null;
  #firesAtMs = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `expire` once, `timeoutMs` from now (Infinity: never), unless what it returns is called before. */
  add(expire: () => void, timeoutMs: number): () => void {
    const deadlineMs = this.#clock.monotonicMs() + timeoutMs;
    const newest = this.#ring.previous;
    const wait: Wait = { deadlineMs, expire, previous: newest, next: this.#ring };
    newest.next = wait;
    this.#ring.previous = wait;
    if (deadlineMs < this.#firesAtMs) this.#setTimer(deadlineMs, timeoutMs);
    return () => remove(wait);
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
    const due: Wait[] = [];
    let nextMs = Infinity;
    for (let wait = this.#ring.next; wait !== this.#ring; wait = wait.next) {
      if (wait.deadlineMs <= nowMs) due.push(wait);
      else nextMs = Math.min(nextMs, wait.deadlineMs);
    }
    if (nextMs < this.#firesAtMs) this.#setTimer(nextMs, nextMs - nowMs);
    for (const wait of due) {
      if (wait.next === wait) continue; // another one's end was its end, too
      remove(wait);
      wait.expire();
    }
  }
}

function emptyRing(): Wait {
  const ring = { deadlineMs: Infinity, expire: () => {} } as Wait;
  ring.previous = ring;
  ring.next = ring;
  return ring;
}

/** Takes a wait out; that it is out shows in it. */
function remove(wait: Wait): void {
  wait.previous.next = wait.next;
  wait.next.previous = wait.previous;
  wait.previous = wait;
  wait.next = wait;
}
