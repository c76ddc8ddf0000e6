/**
 * Who gets memory for the requests that are being received, when there is not enough for all.
 *
 * All of it counts against the budget of base/slabs.ts, which the tail cache and the records on their way to the journal
 * share. When a frame finds no room in it, others give way in this order:
 *
 * 1. the tail cache: the pool asks it before it refuses;
 * 2. frames that have stalled: first the memory that they have not filled, then, when frames that may never end hold more
 *    than half of the budget, their connections, the one that has been idle for the longest first;
 * 3. the frame itself: its connection is not read any more and waits here for its turn.
 *
 * Frames whose memory is for all of their bytes and frames that still grow wait in two queues, served in turn, so that
 * neither starves the other. Growing ones may hold half of the budget.
 *
 * Nobody waits for ever, since each of the following ends in `#serve`, and while somebody waits one of them is under way:
 * a write, a connection that is being closed, a frame that moves (it completes or, a second later, has stalled). When
 * none is, the first that waits is let in beyond the budget, and then moves itself. So only one is beyond it at a time.
 */
import { nextTurn } from '../base/real-time.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { SlabPool } from '../base/slabs.ts';

/** A frame that has not moved for this long has stalled. */
export const STALLED_MS = 1000;
/** How often it is looked who has stalled, while somebody waits. */
const LOOK_MS = 250;
/** Share of the budget for frames that may never end: those that grow, and those that have stalled. */
const ENDLESS_SHARE = 0.5;

/** A connection that holds memory for requests that have not started. */
export interface Holder {
  /** True once its socket is on its way out; `Receiving.left` follows. */
  readonly isOver: boolean;
  /** Clock.monotonicMs at which its frame moved last. */
  readonly movedMs: number;
  /** Bytes that it holds. */
  readonly heldBytes: number;
  /** True when it waits for something that is not its client's to do. */
  readonly isHeldUp: boolean;
  /** True while the frame at hand has memory for some of its bytes only. */
  readonly isGrowing: boolean;
  /** Bytes that the frame at hand asks for now. */
  readonly missingBytes: number;
  /** True when these would be all that it needs. */
  readonly wantsWhole: boolean;
  /**
   * Takes the memory that it waits for; false when there is none.
   * @param mustHave take it also beyond the budget
   */
  take(mustHave: boolean): boolean;
  /** Is read again. */
  goOn(): void;
  /** Gives back memory that it has not filled; true when that was any. */
  compact(): boolean;
  /** Closes the connection because others need its memory. */
  giveUp(): void;
}

export interface ReceivingOptions {
  readonly pool: SlabPool;
  readonly clock: Clock;
  /** True while writes are under way: they end, and `look` is called. */
  readonly isWriting: () => boolean;
}

/** What the holders are up to. */
interface Survey {
  /** Bytes of frames that may never end. */
  endlessBytes: number;
  /** Some that has not stalled is being received. */
  moves: boolean;
  /** The same of frames that grow. */
  growingMoves: boolean;
  /** Memory was given back. */
  compacted: boolean;
  /** Some is being closed. */
  closes: boolean;
  /** The one that stalled first. */
  victim: Holder | null;
}

/** What came of an attempt to serve somebody: `short` of memory, or `over` the share of growing frames. */
type Outcome = 'served' | 'short' | 'over';

const WHOLE = 0;
const GROWING = 1;

export class Receiving {
  readonly #options: ReceivingOptions;
  readonly #holders = new Set<Holder>();
  readonly #queues = [new Set<Holder>(), new Set<Holder>()] as const;
  /** Whose turn it is. */
  #turn: typeof WHOLE | typeof GROWING = WHOLE;
  /** Somebody waits for memory that he will be the first to get. */
  #isShort = false;
  /** The one growing frame that is not held to the share of these, because all of them waited for each other. */
  #favoured: Holder | null = null;
  #isAwaited = false;
  #isToldOfRoom = false;
  #timer: Timer | null = null;

  constructor(options: ReceivingOptions) {
    this.#options = options;
  }

  /** Whether a frame may take memory without waiting behind others; the pool may have none even so. */
  admits(holder: Holder): boolean {
    if (this.#isShort) return false;
    if (holder.wantsWhole || holder === this.#favoured) return true;
    return this.#queues[GROWING].size === 0 && this.#endlessBytes() + holder.missingBytes <= this.#endlessLimit;
  }

  /** The holder has memory, or more or less of it than before. */
  holds(holder: Holder): void {
    this.#holders.add(holder);
  }

  /** The holder has none any more. */
  left(holder: Holder): void {
    if (!this.#holders.delete(holder)) return;
    for (const queue of this.#queues) queue.delete(holder);
    if (holder === this.#favoured) this.#favoured = null;
    this.look();
  }

  /** The holder's connection is not read any more, until `goOn`. */
  waits(holder: Holder): void {
    this.#holders.add(holder);
    this.#queues[holder.wantsWhole ? WHOLE : GROWING].add(holder);
    this.look();
  }

  /** Looks soon whether somebody who waits can be served: something may have changed. */
  look(): void {
    if (this.#isAwaited || this.#waitingCount === 0) return;
    this.#isAwaited = true;
    // After this turn's reads: what is here by then has not stalled.
    nextTurn(() => {
      this.#isAwaited = false;
      this.#serve();
    });
  }

  /** Nobody is served any more. */
  close(): void {
    this.#timer?.cancel();
    for (const queue of this.#queues) queue.clear();
  }

  get #waitingCount(): number {
    return this.#queues[WHOLE].size + this.#queues[GROWING].size;
  }

  get #endlessLimit(): number {
    return this.#options.pool.budgetBytes * ENDLESS_SHARE;
  }

  #serve(): void {
    let isOver = 0;
    this.#isShort = false;
    while (isOver < 2 && !this.#isShort) {
      const first = this.#firstOf(this.#queues[this.#turn]);
      const outcome = first === undefined ? 'over' : this.#offer(first);
      if (outcome === 'served') isOver = 0;
      else if (outcome === 'over') isOver += 1;
      // What comes back is left to gather for the one whose turn it is.
      else this.#isShort = true;
      if (outcome !== 'short') this.#turn = this.#turn === WHOLE ? GROWING : WHOLE;
    }
    if (this.#waitingCount > 0) this.#lookAgain();
  }

  #lookAgain(): void {
    if (!this.#isToldOfRoom) {
      this.#isToldOfRoom = true;
      this.#options.pool.whenAvailable(() => {
        this.#isToldOfRoom = false;
        this.look();
      });
    }
    if (this.#timer !== null) return;
    this.#timer = this.#options.clock.setTimer(LOOK_MS, () => {
      this.#timer = null;
      this.look();
    });
  }

  /** Serves the first of its queue, if that can be done now; makes others give way if not. */
  #offer(first: Holder): Outcome {
    const outcome = this.#tryToServe(first);
    if (outcome === 'served') return outcome;
    const survey = this.#survey();
    if (survey.compacted) {
      const again = this.#tryToServe(first);
      if (again === 'served') return again;
    }
    if (survey.closes) return outcome;
    const wantedBytes = outcome === 'over' ? first.missingBytes : 0;
    if (survey.victim !== null && survey.endlessBytes + wantedBytes > this.#endlessLimit) {
      survey.victim.giveUp();
      return outcome;
    }
    if (outcome === 'over') {
      if (survey.growingMoves || this.#favoured !== null) return outcome;
      this.#favoured = first;
      if (this.#tryToServe(first) === 'served') return 'served';
    }
    if (survey.moves || this.#options.isWriting()) return 'short';
    first.take(true);
    return this.#served(first);
  }

  /** Who is favoured goes first: the others wait for its end. */
  #firstOf(queue: Set<Holder>): Holder | undefined {
    if (this.#favoured !== null && queue.has(this.#favoured)) return this.#favoured;
    const [first] = queue;
    return first;
  }

  #tryToServe(holder: Holder): Outcome {
    const isFree = holder.wantsWhole || holder === this.#favoured;
    if (!isFree && this.#endlessBytes() + holder.missingBytes > this.#endlessLimit) return 'over';
    return holder.take(false) ? this.#served(holder) : 'short';
  }

  #served(holder: Holder): Outcome {
    for (const queue of this.#queues) queue.delete(holder);
    holder.goOn();
    return 'served';
  }

  #isWaiting(holder: Holder): boolean {
    return this.#queues[WHOLE].has(holder) || this.#queues[GROWING].has(holder);
  }

  #endlessBytes(): number {
    const sinceMs = this.#options.clock.monotonicMs() - STALLED_MS;
    let byteLength = 0;
    for (const holder of this.#holders) {
      if (holder.isGrowing || this.#hasStalled(holder, sinceMs)) byteLength += holder.heldBytes;
    }
    return byteLength;
  }

  #hasStalled(holder: Holder, sinceMs: number): boolean {
    return holder.movedMs <= sinceMs && !holder.isHeldUp && !this.#isWaiting(holder);
  }

  /** Looks at all holders; those that have stalled give back what they have not filled. */
  #survey(): Survey {
    const sinceMs = this.#options.clock.monotonicMs() - STALLED_MS;
    const survey: Survey = {
      endlessBytes: 0,
      moves: false,
      growingMoves: false,
      compacted: false,
      closes: false,
      victim: null,
    };
    for (const holder of this.#holders) {
      if (holder.isOver) {
        survey.closes = true;
      } else if (this.#hasStalled(holder, sinceMs)) {
        if (holder === this.#favoured) this.#favoured = null;
        if (holder.compact()) survey.compacted = true;
        if (survey.victim === null || holder.movedMs < survey.victim.movedMs) survey.victim = holder;
        survey.endlessBytes += holder.heldBytes;
      } else {
        if (holder.isGrowing) survey.endlessBytes += holder.heldBytes;
        if (this.#isWaiting(holder)) continue;
        survey.moves = true;
        if (holder.isGrowing) survey.growingMoves = true;
      }
    }
    if (this.#favoured?.isGrowing === false) this.#favoured = null;
    return survey;
  }
}
