/** What all connections of a server share to stay fair and small: turns, writes in flight, unsent bytes. */
import type { ServerCounters } from '../metrics/counters.ts';

/** Bytes one connection may take or send before the others get their turn. */
export const TURN_BYTES = 1024 * 1024;

/** With more than this unsent on all connections together, each is held to SMALL_UNSENT_BYTES. */
const MANY_UNSENT_BYTES = 32 * 1024 * 1024;
const SMALL_UNSENT_BYTES = 256 * 1024;

export class Pressure {
  readonly #counters: ServerCounters;
  readonly #maxUnsentBytes: number;
  #turn = 0;
  #turnEnds = false;
  #maxConcurrentWrites: number;
  #blockedWriters: Array<() => void> = [];
  #wakes = false;

  /** @param maxUnsentBytes unsent bytes a connection may hold */
  constructor(counters: ServerCounters, maxConcurrentWrites: number, maxUnsentBytes: number) {
    this.#counters = counters;
    this.#maxConcurrentWrites = maxConcurrentWrites;
    this.#maxUnsentBytes = maxUnsentBytes;
  }

  /** A number that is the same during one turn of the event loop. */
  get turn(): number {
    if (!this.#turnEnds) {
      this.#turnEnds = true;
      setImmediate(() => {
        this.#turnEnds = false;
        this.#turn += 1;
      });
    }
    return this.#turn;
  }

  /** Unsent bytes one connection may hold now: less when many are slow, so that together they stay bounded. */
  get unsentLimit(): number {
    return this.#counters.unsentBytes > MANY_UNSENT_BYTES
      ? Math.min(SMALL_UNSENT_BYTES, this.#maxUnsentBytes)
      : this.#maxUnsentBytes;
  }

  addUnsent(byteLength: number): void {
    this.#counters.unsentBytes += byteLength;
  }

  setMaxConcurrentWrites(maxConcurrentWrites: number): void {
    this.#maxConcurrentWrites = maxConcurrentWrites;
    this.#wakeWriters();
  }

  /** Whether one more Produce may start; one always may when none is waiting for its commit. */
  get admitsWrite(): boolean {
    const { pendingWrites } = this.#counters;
    return pendingWrites === 0 || pendingWrites < this.#maxConcurrentWrites;
  }

  /** Calls back once, in order of asking, when a write may be admitted again. */
  whenWriteAdmitted(callback: () => void): void {
    this.#blockedWriters.push(callback);
  }

  writeStarted(): void {
    this.#counters.pendingWrites += 1;
  }

  writeEnded(): void {
    this.#counters.pendingWrites -= 1;
    this.#wakeWriters();
  }

  #wakeWriters(): void {
    if (this.#wakes || this.#blockedWriters.length === 0) return;
    this.#wakes = true;
    queueMicrotask(() => {
      this.#wakes = false;
      const blocked = this.#blockedWriters;
      let woken = 0;
      while (woken < blocked.length && this.admitsWrite) {
        (blocked[woken] as () => void)();
        woken += 1;
      }
      this.#blockedWriters = blocked === this.#blockedWriters ? blocked.slice(woken) : this.#blockedWriters;
    });
  }
}
