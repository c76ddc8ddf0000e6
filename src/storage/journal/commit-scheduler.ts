/**
 * Decides when a turn's appends are written. A lone caller's append goes at the end of the microtask queue; when more
 * of a turn's socket reads append, all but the first wait for the turn's end, and while turns keep being shared the
 * first waits too.
 */
import { atTurnEnd } from '../../base/turns.ts';

export class CommitScheduler {
  readonly #commit: () => void;
  #scheduled = false;
  /** A commit was made in this turn already. */
  #turnOpen = false;
  /** The last turns had appends beyond their first commit. */
  #isShared = false;
  #callsInTurn = 0;

  constructor(commit: () => void) {
    this.#commit = commit;
  }

  /** Asks for a commit; any number of calls until it happens count as one. */
  schedule(): void {
    this.#callsInTurn += 1;
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (this.#turnOpen) return; // the turn's end will see it
    if (this.#isShared) {
      this.#turnOpen = true;
      atTurnEnd(this.#endTurn);
      return;
    }
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#callsInTurn = 0;
      this.#turnOpen = true;
      atTurnEnd(this.#endTurn);
      this.#commit();
    });
  }

  readonly #endTurn = (): void => {
    this.#turnOpen = false;
    // In a shared turn more than one call counts; after a lone commit, any call that came behind it does.
    this.#isShared = this.#callsInTurn > (this.#isShared ? 1 : 0);
    this.#callsInTurn = 0;
    if (!this.#scheduled) return;
    this.#scheduled = false;
    this.#commit();
  };
}
