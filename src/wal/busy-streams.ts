/** Streams with appends under way, or with readers that wait: nothing is kept of any other. */
import type { StreamId } from '../storage/types.ts';
import type { Pack } from './pack.ts';

/** A stream with appends under way, or with readers that wait. */
export interface Busy {
  /** Exclusive end of what is acknowledged. */
  endOffset: number;
  appends: number;
  /** Appends that are not handed on yet. */
  pack: Pack | null;
  /** Readers that wait for more; null without. */
  waiters: Array<() => void> | null;
}

export class BusyStreams {
  readonly #endOfIdle: (stream: StreamId) => number;
  readonly #busy = new Map<StreamId, Busy>();
  /** The one that was asked for last: kept when it is idle, as it comes back most likely. */
  #recentId = 0;
  #recent: Busy | null = null;

  /** @param endOfIdle exclusive end of a stream that has no appends under way */
  constructor(endOfIdle: (stream: StreamId) => number) {
    this.#endOfIdle = endOfIdle;
  }

  /** What is kept of a stream, or undefined. */
  find(stream: StreamId): Busy | undefined {
    return this.#busy.get(stream);
  }

  /** What is kept of a stream, from now until `forgetIfIdle`. */
  of(stream: StreamId): Busy {
    if (stream === this.#recentId && this.#recent !== null) return this.#recent;
    let busy = this.#busy.get(stream);
    const before = this.#recent;
    const beforeId = this.#recentId;
    if (busy === undefined) {
      busy = { endOffset: this.#endOfIdle(stream), appends: 0, pack: null, waiters: null };
      this.#busy.set(stream, busy);
    }
    this.#recent = busy;
    this.#recentId = stream;
    if (before !== null) this.forgetIfIdle(beforeId, before);
    return busy;
  }

  forgetIfIdle(stream: StreamId, busy: Busy): void {
    if (busy === this.#recent || busy.appends > 0) return;
    if (busy.waiters === null || busy.waiters.length === 0) this.#busy.delete(stream);
  }

  /** Has the readers of all streams look again. */
  wakeReaders(): void {
    for (const [stream, busy] of this.#busy) {
      wakeReaders(busy);
      this.forgetIfIdle(stream, busy);
    }
  }
}

/** Has the readers of a stream look again. */
export function wakeReaders(busy: Busy): void {
  const { waiters } = busy;
  busy.waiters = null;
  if (waiters !== null) for (const wake of waiters) wake();
}
