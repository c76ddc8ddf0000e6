/**
 * Time that is spent on a request in later turns of the event loop, and on threads for it: where a client has a quota of
 * time (KIP-124). What the request takes before it first waits for something is measured around it, and does not count here.
 */
import type { Clock } from './clock.ts';

export class Effort {
  readonly #clock: Clock;
  #ms = 0;
  /** Clock.monotonicMs at the end of the first turn; null: it is not over. */
  #laterFromMs: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** So far, in ms. */
  get ms(): number {
    return this.#ms;
  }

  get isLater(): boolean {
    return this.#laterFromMs !== null;
  }

  /** The first turn is over: from now on it counts, what has begun, too. */
  goesOn(): void {
    this.#laterFromMs = this.#clock.monotonicMs();
  }

  /** Begins to count; the function that is given ends it. */
  begin(): () => void {
    const beganMs = this.#clock.monotonicMs();
    return () => {
      if (this.#laterFromMs === null) return;
      this.#ms += this.#clock.monotonicMs() - Math.max(beganMs, this.#laterFromMs);
    };
  }
}

/** Counts work that is done at once. @throws what it throws */
export function timed<T>(effort: Effort | null, work: () => T): T {
  if (effort === null) return work();
  const end = effort.begin();
  try {
    return work();
  } finally {
    end();
  }
}

/** Counts work that keeps others from the same, from now until it is done. @throws what it throws; as a rejection */
export async function timedThrough<T>(effort: Effort | null, work: () => T | Promise<T>): Promise<T> {
  if (effort === null) return await work();
  const end = effort.begin();
  try {
    return await work();
  } finally {
    end();
  }
}
