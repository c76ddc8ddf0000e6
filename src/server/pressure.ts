/** What all connections of a server share to stay fair and small: turns, loads, writes in flight, unsent bytes. */
import { microtask, nextTurn } from '../base/real-time.ts';
import { atTurnEnd } from '../base/turns.ts';
import type { ServerCounters } from '../metrics/counters.ts';

/** Bytes one connection may take or send before the others get their turn. */
export const TURN_BYTES = 1024 * 1024;

/** What starting a request counts in a turn: 128 of them are a share, a few ms of work. */
const REQUEST_TURN_BYTES = TURN_BYTES / 128;

/** Connections with more to do than their share that may have a whole one each: more share the requests of so many. */
const WHOLE_SHARES = 2;

/** Bytes that all connections together send in one turn: about 5 ms of it. */
const ALL_SENT_PER_TURN_BYTES = 8 * TURN_BYTES;

/** With more than this unsent on all connections together, each must have sent all before it is given more. */
const MANY_UNSENT_BYTES = 32 * 1024 * 1024;

/** Parts that are being read from files at a time, for all connections: others need the thread pool too. */
const MAX_LOADS = 8;

export class Pressure {
  readonly #counters: ServerCounters;
  readonly #maxUnsentBytes: number;
  #turn = 0;
  #turnEnds = false;
  /** Connections that used up their share of this turn, and of the last. */
  #hungry = 0;
  #crowd = 0;
  #sentTurn = -1;
  #sentBytes = 0;
  #nextTurn: Array<() => void> = [];
  #loads = 0;
  #wakesLoads = false;
  #blockedLoads: Array<() => void> = [];
  readonly #maxConcurrentWrites: number;
  #blockedWriters: Array<() => void> = [];
  #wakes = false;
  #onWriteEnded = (): void => {};

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
      atTurnEnd(this.#endTurn);
    }
    return this.#turn;
  }

  readonly #endTurn = (): void => {
    this.#turnEnds = false;
    this.#turn += 1;
    this.#crowd = this.#hungry;
    this.#hungry = 0;
  };

  /** Notes that a connection used up its share of this turn and has more to do. */
  usedUp(): void {
    this.#hungry += 1;
  }

  /** True when so many connections have much to do that each must take little at a time. */
  get isCrowded(): boolean {
    return this.#crowd > WHOLE_SHARES;
  }

  /** What starting a request counts in a turn. In a crowd it is more, so that turns stay short and a stranger gets his. */
  get requestTurnBytes(): number {
    return REQUEST_TURN_BYTES * Math.max(1, this.#crowd / WHOLE_SHARES);
  }

  /** Unsent bytes at which a connection is given no more: 1 when many are slow, so that together they stay bounded. */
  get unsentLimit(): number {
    return this.#counters.unsentBytes > MANY_UNSENT_BYTES ? 1 : this.#maxUnsentBytes;
  }

  /** Whether anything more may be sent in this turn. */
  get hasSendTurn(): boolean {
    return this.#sentTurn !== this.turn || this.#sentBytes < ALL_SENT_PER_TURN_BYTES;
  }

  /** Counts bytes sent in this turn. */
  spendSendTurn(byteLength: number): void {
    const { turn } = this;
    if (turn !== this.#sentTurn) {
      this.#sentTurn = turn;
      this.#sentBytes = 0;
    }
    this.#sentBytes += byteLength;
  }

  /** Calls back in the next turn, in order of asking. */
  inNextTurn(callback: () => void): void {
    this.#nextTurn.push(callback);
    if (this.#nextTurn.length > 1) return;
    nextTurn(() => {
      const waiting = this.#nextTurn;
      this.#nextTurn = [];
      for (const waiter of waiting) waiter();
    });
  }

  /** Takes one of the places for loading; false when all are taken, and then `callback` comes when one is free. */
  startLoad(callback: () => void): boolean {
    if (this.#loads < MAX_LOADS) {
      this.#loads += 1;
      return true;
    }
    this.#blockedLoads.push(callback);
    return false;
  }

  /** Gives a place for loading back. */
  endLoad(): void {
    this.#loads -= 1;
    if (this.#wakesLoads) return;
    this.#wakesLoads = true;
    // Who is called may load at once, or not want to any more; the places left go to the next.
    while (this.#loads < MAX_LOADS && this.#blockedLoads.length > 0) this.#blockedLoads.shift()?.();
    this.#wakesLoads = false;
  }

  addUnsent(byteLength: number): void {
    this.#counters.unsentBytes += byteLength;
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

  /** `callback` is called after each write: its records may go from memory now. */
  onWriteEnded(callback: () => void): void {
    this.#onWriteEnded = callback;
  }

  writeEnded(): void {
    this.#counters.pendingWrites -= 1;
    this.#onWriteEnded();
    this.#wakeWriters();
  }

  #wakeWriters(): void {
    if (this.#wakes || this.#blockedWriters.length === 0) return;
    this.#wakes = true;
    microtask(() => {
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
