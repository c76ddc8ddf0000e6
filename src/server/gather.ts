/**
 * Under many small requests a turn of the event loop serves one, and most of its cost is the turn: waking up, one read,
 * one write, one commit. Letting the loop rest a fraction of a millisecond after each turn makes the next one serve
 * several together, for half the CPU and about that much latency, as network cards do with their interrupts.
 *
 * Whoever waits for an answer before it sends the next request would only be slowed down. So a rest is a trial, judged
 * by what it brings: turns must get several requests, and no fewer must come in all. Else it is given up at once, and
 * the next trial waits longer each time. Fetches do not count: how many come depends on how many are answered.
 */
import { ApiKey } from '../../protocol/apis.ts';
import type { Clock } from '../base/clock.ts';

/** Shorter turns than this on average are worth gathering. */
const MIN_TURNS_PER_MS = 2;
/** How long requests are counted before a decision. */
const WINDOW_MS = 100;
/** Turns after which a trial is looked at for the first time, by the share of requests that must come even then. */
const FIRST_LOOK_TURNS = 16;
const FIRST_LOOK_SHARE = 0.6;
/** Requests a turn should get: below, resting brings nothing; above, turns are long enough without it. */
const MIN_PER_TURN = 1.5;
const MAX_PER_TURN = 8;
/** Requests that must still come, as a share of those before. */
const KEPT_SHARE = 0.9;
/** How fast the rate to keep follows a load that falls by itself. */
const FORGET_SHARE = 0.2;
/** A read this large is bulk: who sends so much should not be held up. */
const BULK_BYTES = 32 * 1024;
const MIN_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 32_000;

export interface GatherOptions {
  readonly clock: Clock;
  /** Length of a rest in ms; 0 for never. */
  readonly restMs: number;
  /** Halts this thread for about so long. */
  readonly rest: (ms: number) => void;
  /** Calls back when this turn of the event loop is over. */
  readonly afterTurn: (callback: () => void) => void;
}

export class Gather {
  readonly #options: GatherOptions;
  #turnIsOpen = false;
  /** Something large came since the last turn that could have been followed by a rest. */
  #turnIsBulk = false;
  #requests = 0;
  #turns = 0;
  #windowStartMs: number;
  #isResting = false;
  /** The first window of a trial. */
  #isNew = false;
  /** Requests per ms that must go on coming. */
  #ratePerMs = 0;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  #backoffMs = MIN_BACKOFF_MS;

  constructor(options: GatherOptions) {
    this.#options = options;
    this.#windowStartMs = options.clock.monotonicMs();
  }

  /** True while turns are followed by rests. */
  get isResting(): boolean {
    return this.#isResting;
  }

  /** Notes what one read brought. */
  received(byteLength: number): void {
    if (byteLength >= BULK_BYTES) this.#turnIsBulk = true;
  }

  /** Counts a request that was started in this turn. */
  requestStarted(apiKey: number): void {
    if (apiKey === ApiKey.Fetch || this.#options.restMs === 0) return;
    this.#requests += 1;
    if (this.#turnIsOpen) return;
    this.#turnIsOpen = true;
    this.#options.afterTurn(this.#turnEnded);
  }

  readonly #turnEnded = (): void => {
    this.#turnIsOpen = false;
    this.#turns += 1;
    const elapsedMs = this.#options.clock.monotonicMs() - this.#windowStartMs;
    if (elapsedMs >= WINDOW_MS) this.#decide(elapsedMs);
    else if (this.#isNew && this.#turns === FIRST_LOOK_TURNS && !this.#pays(elapsedMs, FIRST_LOOK_SHARE))
      this.#giveUp();
    if (this.#isResting && !this.#turnIsBulk) this.#options.rest(this.#options.restMs);
    this.#turnIsBulk = false;
  };

  /** Whether turns get several requests, and `share` of those that came before still come. */
  #pays(elapsedMs: number, share: number): boolean {
    const perTurn = this.#requests / this.#turns;
    const isKept = this.#requests / elapsedMs >= this.#ratePerMs * share;
    return isKept && perTurn >= MIN_PER_TURN && perTurn <= MAX_PER_TURN;
  }

  #decide(elapsedMs: number): void {
    const ratePerMs = this.#requests / elapsedMs;
    if (!this.#isResting) {
      const isDue = this.#windowStartMs >= this.#retryAtMs;
      this.#isResting = isDue && this.#turns / elapsedMs >= MIN_TURNS_PER_MS;
      this.#isNew = this.#isResting;
      this.#ratePerMs = ratePerMs;
    } else if (!this.#pays(elapsedMs, KEPT_SHARE)) {
      this.#giveUp();
    } else {
      this.#isNew = false;
      this.#backoffMs = MIN_BACKOFF_MS;
      const kept = this.#ratePerMs + (ratePerMs - this.#ratePerMs) * FORGET_SHARE;
      this.#ratePerMs = Math.max(ratePerMs, kept);
    }
    this.#startWindow();
  }

  #giveUp(): void {
    this.#isResting = false;
    this.#isNew = false;
    this.#retryAtMs = this.#options.clock.monotonicMs() + this.#backoffMs;
    this.#backoffMs = Math.min(this.#backoffMs * 2, MAX_BACKOFF_MS);
    this.#startWindow();
  }

  #startWindow(): void {
    this.#requests = 0;
    this.#turns = 0;
    this.#windowStartMs = this.#options.clock.monotonicMs();
  }
}
