/** When something that may or may not help is tried: the longer after its last failure, the more often it failed. */
const MAX_BACKOFF_MS = 32_000;

export class TrialTimes {
  readonly #firstBackoffMs: number;
  #backoffMs: number;
  #dueAtMs: number;

  /** @param firstBackoffMs how long after the first failure; Infinity: it is never tried at all */
  constructor(firstBackoffMs: number) {
    this.#firstBackoffMs = firstBackoffMs;
    this.#backoffMs = firstBackoffMs;
    this.#dueAtMs = firstBackoffMs === Infinity ? Infinity : Number.NEGATIVE_INFINITY;
  }

  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueAtMs;
  }

  failed(nowMs: number): void {
    this.#dueAtMs = nowMs + this.#backoffMs;
    this.#backoffMs = Math.min(this.#backoffMs * 2, MAX_BACKOFF_MS);
  }

  /** It seems to help: until then it need not be tried again. */
  seemsGood(dueAtMs: number): void {
    this.#dueAtMs = dueAtMs;
  }

  /** It helped: it may be tried at any time. */
  succeeded(): void {
    this.#dueAtMs = Number.NEGATIVE_INFINITY;
    this.#backoffMs = this.#firstBackoffMs;
  }
}
