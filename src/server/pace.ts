/**
 * What the event loop does between turns while thousands of small requests a second come. Most of what such a request
 * costs is the turn around it: falling asleep, waking up, one read, one commit, one write.
 *
 * - Resting: the loop halts for a fraction of a millisecond after each turn, so that the next one serves several
 *   requests together, for half the CPU and about that much latency, as network cards do with their interrupts.
 * - Busy polling: where clients wait for an answer before they send the next request, a rest would only slow them down.
 *   There the loop stays awake for a fraction of a millisecond instead and takes the next request without a wake-up,
 *   as Seastar's reactor and the kernel's own busy polling do.
 *
 * Which one helps is found out by trial. A rest must bring several requests a turn, and no less in all. Where far less
 * comes, clients wait for their answers, and polling is tried: it must bring more, and what it brought must be missing when it
 * ends, for more may come by chance. What does not pay is given up at once, and tried again at longer and longer intervals.
 * A fetch that comes while the loop rests between turns is served at the end of its turn (`atTurnEnd`), with what the turn's
 * producers wrote: served before them, it would bring what the turn before wrote, and theirs would wait for one more rest,
 * again and again.
 *
 * What comes is counted in bytes: a client that may have few requests unanswered sends larger ones instead. Fetches do not
 * count: how many come depends on how many are answered.
 */
import { ApiKey } from '../../protocol/apis.ts';
import type { Clock } from '../base/clock.ts';
import { TrialTimes } from './trial-times.ts';

/** Turns that are longer than this on average need no help. */
const MIN_TURNS_PER_MS = 2;
/** How long requests are counted before a decision. */
const WINDOW_MS = 100;
/** Turns after which a new rest is looked at for the first time. */
const FIRST_LOOK_TURNS = 16;
/** When less than this share of the bytes before come while resting, it is because clients wait for answers. */
const FREE_SHARE = 0.6;
/** Requests a turn should get from resting: below, it brings nothing; above, turns are long enough without it. */
const MIN_PER_TURN = 1.5;
const MAX_PER_TURN = 8;
/** Bytes that must still come while resting, as a share of those before; fewer by so many deviations may be chance. */
const KEPT_SHARE = 0.9;
const CHANCE = 2;
/** How fast the rate to keep follows a load that changes by itself. */
const FORGET_SHARE = 0.2;
/** Windows in a row that must speak against rests which have proved themselves: one may be held up by something else. */
const MAX_BAD_WINDOWS = 2;
/** Bytes that must come while polling, as a share of those before. */
const GAINED_SHARE = 1.05;
/** When less than this share of the most bytes of a polling window come in a later one, the load is another. */
const SAME_SHARE = 0.6;
/** After this long, polling must prove itself again. */
const POLL_TERM_MS = 5000;
/** How soon what failed is tried again for the first time: a rest costs the clients, polling only us. */
const REST_BACKOFF_MS = 1000;
const POLL_BACKOFF_MS = 200;
/** A read this large is bulk: who sends so much should not be held up, and leaves nothing to poll for. */
const BULK_BYTES = 32 * 1024;

export interface PaceOptions {
  readonly clock: Clock;
  /** Length of a rest in ms; 0 for never. */
  readonly restMs: number;
  /** How long to stay awake after a turn in ms; 0 for never. */
  readonly pollMs: number;
  /** Halts this thread for about so long. */
  readonly rest: (ms: number) => void;
  /** Keeps the event loop from sleeping for so long from now. */
  readonly poll: (ms: number) => void;
  /** Called each time that many small requests are seen to come where they did not before. */
  readonly onBusy: () => void;
  /** Calls back when this turn of the event loop is over. */
  readonly afterTurn: (callback: () => void) => void;
}

export class Pace {
  readonly #options: PaceOptions;
  readonly #restTrials: TrialTimes;
  readonly #pollTrials: TrialTimes;
  #mode: 'plain' | 'resting' | 'polling' = 'plain';
  /** The mode has not proved itself yet. */
  #isTrial = false;
  /** Bytes per ms against which the mode is judged. */
  #ratePerMs = 0;
  /** Bytes per ms of the polling that ended just now; 0 for none. */
  #polledPerMs = 0;
  /** Windows of this rest, one after the other, in which it did not pay. */
  #badWindows = 0;
  /** What the last rest showed: less came for it. */
  #clientsWait: boolean;
  #turnIsOpen = false;
  /** More than fetches came in this turn. */
  #turnCounts = false;
  /** Who is called before this turn's rest. */
  #deferred: Array<() => void> = [];
  /** Something large came since the end of the last turn that was looked at. */
  #turnIsBulk = false;
  #requests = 0;
  #turns = 0;
  #bytes = 0;
  /** Of the bytes of each request: how much their sum varies by chance. */
  #squares = 0;
  #windowStartMs: number;

  constructor(options: PaceOptions) {
    this.#options = options;
    this.#restTrials = new TrialTimes(options.restMs > 0 ? REST_BACKOFF_MS : Infinity);
    this.#pollTrials = new TrialTimes(options.pollMs > 0 ? POLL_BACKOFF_MS : Infinity);
    this.#clientsWait = options.restMs === 0;
    this.#windowStartMs = options.clock.monotonicMs();
  }

  get mode(): 'plain' | 'resting' | 'polling' {
    return this.#mode;
  }

  /** Notes what one read brought. */
  received(byteLength: number): void {
    if (byteLength >= BULK_BYTES) this.#turnIsBulk = true;
  }

  /** Counts a request of `byteLength` that was started in this turn. */
  requestStarted(apiKey: number, byteLength: number): void {
    const { restMs, pollMs, afterTurn } = this.#options;
    if (apiKey === ApiKey.Fetch || (restMs === 0 && pollMs === 0)) return;
    this.#requests += 1;
    this.#bytes += byteLength;
    this.#squares += byteLength * byteLength;
    this.#turnCounts = true;
    if (this.#turnIsOpen) return;
    this.#turnIsOpen = true;
    afterTurn(this.#turnEnded);
  }

  /** Calls back once what came in this turn is written and answered, before the loop rests. */
  atTurnEnd(callback: () => void): void {
    this.#deferred.push(callback);
    if (this.#turnIsOpen) return;
    this.#turnIsOpen = true;
    this.#options.afterTurn(this.#turnEnded);
  }

  readonly #turnEnded = (): void => {
    const { clock, rest, restMs, poll, pollMs } = this.#options;
    this.#serveDeferred();
    this.#turnIsOpen = this.#deferred.length > 0;
    if (this.#turnIsOpen) this.#options.afterTurn(this.#turnEnded);
    if (!this.#turnCounts) return;
    this.#turnCounts = false;
    this.#turns += 1;
    const nowMs = clock.monotonicMs();
    const elapsedMs = nowMs - this.#windowStartMs;
    const isFirstLook = this.#mode === 'resting' && this.#isTrial && this.#turns === FIRST_LOOK_TURNS;
    if (elapsedMs >= WINDOW_MS || (isFirstLook && this.#isHopeless(elapsedMs))) this.#decide(nowMs, elapsedMs);
    if (!this.#turnIsBulk) {
      if (this.#mode === 'resting') rest(restMs);
      else if (this.#mode === 'polling') poll(pollMs);
    }
    this.#turnIsBulk = false;
  };

  #serveDeferred(): void {
    const deferred = this.#deferred;
    if (deferred.length === 0) return;
    this.#deferred = [];
    for (const callback of deferred) callback();
  }

  /** At the end of a window: which mode goes on, by what the window brought. */
  #decide(nowMs: number, elapsedMs: number): void {
    if (this.#mode === 'resting') this.#judgeRest(nowMs, elapsedMs);
    else if (this.#mode === 'polling') this.#judgePolling(nowMs, this.#bytes / elapsedMs);
    else this.#choose(nowMs, elapsedMs);
    this.#requests = 0;
    this.#turns = 0;
    this.#bytes = 0;
    this.#squares = 0;
    this.#windowStartMs = nowMs;
  }

  #choose(nowMs: number, elapsedMs: number): void {
    if (this.#polledPerMs > 0) this.#judgePollingGone(nowMs, this.#bytes / elapsedMs);
    if (this.#turns / elapsedMs < MIN_TURNS_PER_MS) return;
    this.#options.onBusy();
    this.#ratePerMs = this.#bytes / elapsedMs;
    if (this.#restTrials.isDue(nowMs)) this.#enter('resting');
    else if (this.#mayPoll(nowMs)) this.#enter('polling');
  }

  #mayPoll(nowMs: number): boolean {
    return this.#clientsWait && this.#pollTrials.isDue(nowMs);
  }

  #judgeRest(nowMs: number, elapsedMs: number): void {
    const ratePerMs = this.#bytes / elapsedMs;
    if (!this.#restPays(elapsedMs)) {
      this.#badWindows += 1;
      if (!this.#isTrial && this.#badWindows < MAX_BAD_WINDOWS) return;
      this.#restTrials.failed(nowMs);
      this.#clientsWait = ratePerMs < this.#ratePerMs * FREE_SHARE;
      this.#enter(this.#mayPoll(nowMs) ? 'polling' : 'plain');
      return;
    }
    this.#isTrial = false;
    this.#badWindows = 0;
    this.#restTrials.succeeded();
    this.#ratePerMs += (ratePerMs - this.#ratePerMs) * FORGET_SHARE;
  }

  #isHopeless(elapsedMs: number): boolean {
    const isSlow = this.#bytes < this.#ratePerMs * elapsedMs * FREE_SHARE;
    return isSlow || this.#requests > this.#turns * MAX_PER_TURN;
  }

  /** Whether turns get several requests, and what came before still comes. */
  #restPays(elapsedMs: number): boolean {
    const perTurn = this.#requests / this.#turns;
    const expected = this.#ratePerMs * elapsedMs;
    const isKept = this.#bytes >= expected * KEPT_SHARE - CHANCE * Math.sqrt(this.#squares);
    return isKept && perTurn >= MIN_PER_TURN && perTurn <= MAX_PER_TURN;
  }

  #judgePolling(nowMs: number, ratePerMs: number): void {
    if (this.#isTrial && ratePerMs < this.#ratePerMs * GAINED_SHARE) {
      this.#pollTrials.failed(nowMs);
      this.#enter('plain');
    } else if (this.#isTrial) {
      this.#isTrial = false;
      this.#ratePerMs = ratePerMs;
      this.#pollTrials.seemsGood(nowMs + POLL_TERM_MS);
    } else if (ratePerMs < this.#ratePerMs * SAME_SHARE) {
      this.#pollTrials.seemsGood(nowMs);
      this.#enter('plain');
    } else if (this.#pollTrials.isDue(nowMs)) {
      this.#polledPerMs = ratePerMs;
      this.#enter('plain');
    } else {
      this.#ratePerMs = Math.max(this.#ratePerMs, ratePerMs);
    }
  }

  /** In the first window without polling. */
  #judgePollingGone(nowMs: number, ratePerMs: number): void {
    const isMissed = ratePerMs * GAINED_SHARE <= this.#polledPerMs;
    this.#polledPerMs = 0;
    if (isMissed) this.#pollTrials.succeeded();
    else this.#pollTrials.failed(nowMs);
  }

  #enter(mode: Pace['mode']): void {
    this.#mode = mode;
    this.#isTrial = mode !== 'plain';
    this.#badWindows = 0;
  }
}
