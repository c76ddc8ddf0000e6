/** Tries again what failed in passing, later each time, until time is up. */
import type { Clock } from '../base/clock.ts';
import { ClientError, isPassing } from './errors.ts';

const FIRST_BACKOFF_MS = 20;
const LAST_BACKOFF_MS = 1000;
/** After this long, in ms, a broker that was never seen to serve anything is taken at its word: it wants a login. */
const SHUT_OUT_MS = 1000;

export class Retries {
  readonly #clock: Clock;
  /** Default of how long is tried, in ms. */
  readonly retryMs: number;
  #isClosed = false;
  #wasServed = false;
  #trouble: unknown = null;

  constructor(clock: Clock, retryMs: number) {
    this.#clock = clock;
    this.retryMs = retryMs;
  }

  /** What failed in passing last and is tried again; null once something was answered. */
  get trouble(): unknown {
    return this.#trouble;
  }

  /** Runs `work` until it does not fail in passing, or time is up. @throws whatever it throws last */
  async run<T>(work: () => Promise<T>, retryMs = this.retryMs): Promise<T> {
    const startMs = this.#clock.monotonicMs();
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS)) {
      try {
        const result = await work();
        this.#trouble = null;
        this.#wasServed = true;
        return result;
      } catch (error) {
        this.#trouble = error;
        const isShutOut = !this.#wasServed && error instanceof ClientError && error.code === 'SHUT_OUT';
        const limitMs = isShutOut ? Math.min(retryMs, SHUT_OUT_MS) : retryMs;
        const endMs = startMs + limitMs;
        if (!isPassing(error) || this.#isClosed || this.#clock.monotonicMs() + backoffMs > endMs) throw error;
        await this.sleep(backoffMs);
      }
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.setTimer(ms, resolve));
  }

  /** Nothing is tried again from now on. */
  close(): void {
    this.#isClosed = true;
  }
}
