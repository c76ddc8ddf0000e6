/**
 * When a connection is better left unread for a millisecond.
 *
 * A client that encrypts sends a record of 16 KiB as soon as it has one, and a broker that is faster wakes up for each: on a
 * machine with time to spare that costs more than the record does. In the middle of a large frame nobody waits for a record,
 * so what comes in a millisecond may as well be read together, as network cards hold back their interrupts.
 *
 * Whether a client sends on meanwhile is found out by trial: where less comes, it waits for the buffers between, or for
 * answers, and is read at once again, until the next trial, each time later.
 */
import { TrialTimes } from '../trial-times.ts';

/** Bytes a ms from which on it pays: some records. */
const MIN_BYTES_PER_MS = 64 * 1024;
/** Turns of the event loop a ms that bring something: with fewer it is woken seldom enough. */
const MIN_TURNS_PER_MS = 2;
/** How long bytes are counted before a decision. */
const WINDOW_MS = 20;
/** A window that lasts longer than so many of them has a pause in it, and shows nothing. */
const MAX_WINDOWS = 2;
/** Share of the bytes before that must still come. */
const KEPT_SHARE = 0.9;
/** How fast the rate to keep follows a load that changes by itself. */
const FORGET_SHARE = 0.2;
const FIRST_BACKOFF_MS = 100;
/** What a read brings at most: who brings so much has more. */
const READ_BYTES = 64 * 1024;

export class ReadRests {
  readonly #trials = new TrialTimes(FIRST_BACKOFF_MS);
  readonly #nowMs: () => number;
  #isResting = false;
  /** Bytes a ms against which rests are judged. */
  #ratePerMs = 0;
  #startMs: number;
  #bytes = 0;
  #turns = 0;

  /** @param nowMs Clock.monotonicMs */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
  }

  /** Notes what a turn of the event loop brought for a large frame; true: it should not be read for a millisecond. */
  turnEnded(byteLength: number): boolean {
    this.#bytes += byteLength;
    this.#turns += 1;
    const nowMs = this.#nowMs();
    const elapsedMs = nowMs - this.#startMs;
    if (elapsedMs >= WINDOW_MS) this.#decide(nowMs, elapsedMs);
    return this.#isResting && byteLength < READ_BYTES;
  }

  #decide(nowMs: number, elapsedMs: number): void {
    const ratePerMs = this.#bytes / elapsedMs;
    if (elapsedMs > WINDOW_MS * MAX_WINDOWS) this.#isResting = false;
    else if (this.#isResting) this.#judge(nowMs, ratePerMs);
    else if (
      ratePerMs >= MIN_BYTES_PER_MS &&
      this.#turns >= MIN_TURNS_PER_MS * elapsedMs &&
      this.#trials.isDue(nowMs)
    ) {
      this.#isResting = true;
      this.#ratePerMs = ratePerMs;
    }
    this.#startMs = nowMs;
    this.#bytes = 0;
    this.#turns = 0;
  }

  #judge(nowMs: number, ratePerMs: number): void {
    if (ratePerMs < this.#ratePerMs * KEPT_SHARE) {
      this.#isResting = false;
      this.#trials.failed(nowMs);
      return;
    }
    this.#trials.succeeded();
    this.#ratePerMs += (ratePerMs - this.#ratePerMs) * FORGET_SHARE;
  }
}
