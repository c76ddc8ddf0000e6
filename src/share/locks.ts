/** Acquisition locks: for how long delivered records belong to a member. */
import type { Deadlines } from '../base/deadlines.ts';

/** One acquisition; held by as many records as it covers until each is acknowledged, released or renewed. */
export class Lock {
  readonly memberId: string;
  /** Both inclusive. */
  readonly firstOffset: number;
  readonly lastOffset: number;
  #isExpired = false;
  #heldBy: number;
  readonly #cancel: () => void;

  /** @param onExpired called once, `durationMs` from now, if records still hold the lock then */
  constructor(
    memberId: string,
    range: { readonly firstOffset: number; readonly lastOffset: number },
    timing: { readonly deadlines: Deadlines; readonly durationMs: number; readonly onExpired: (lock: Lock) => void },
  ) {
    this.memberId = memberId;
    this.firstOffset = range.firstOffset;
    this.lastOffset = range.lastOffset;
    this.#heldBy = range.lastOffset - range.firstOffset + 1;
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
