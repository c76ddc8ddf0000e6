/** Acquisition locks: for how long delivered records belong to a member. */
import type { Deadlines } from '../base/deadlines.ts';
import { countOf, type OffsetRange } from './in-flight-batch.ts';

/** One acquisition; held by as many records as it covers until each is acknowledged, released or renewed. */
export class Lock {
  readonly memberId: string;
  /** Both inclusive; not all in between need be its. */
  readonly firstOffset: number;
  readonly lastOffset: number;
  #isExpired = false;
  #heldBy: number;
  readonly #cancel: () => void;

  /**
   * @param ranges what it covers, in order
   * @param timing `onExpired` is called once, `durationMs` from now, if records still hold the lock then
   */
  constructor(
    memberId: string,
    ranges: readonly OffsetRange[],
    timing: { readonly deadlines: Deadlines; readonly durationMs: number; readonly onExpired: (lock: Lock) => void },
  ) {
    this.memberId = memberId;
    this.firstOffset = ranges[0]?.firstOffset ?? 0;
    this.lastOffset = ranges.at(-1)?.lastOffset ?? -1;
    this.#heldBy = ranges.reduce((count, range) => count + countOf(range), 0);
    this.#cancel = timing.deadlines.add(() => {
      this.#isExpired = true;
      timing.onExpired(this);
    }, timing.durationMs);
  }

  get isExpired(): boolean {
    return this.#isExpired;
  }

  /** `count` of its records hold it no longer. */
  release(count: number): void {
    this.#heldBy -= count;
    if (this.#heldBy <= 0) this.#cancel();
  }
}
