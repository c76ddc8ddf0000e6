/**
 * Decides when a turn's appends are written. A lone caller's append goes at the end of the microtask queue, and so does
 * the next one that its acknowledgement sets off; when more of a turn's socket reads append, all but the first wait for
 * the turn's end, and while turns keep being shared the first waits too.
 */
import { nextTick } from '../../base/real-time.ts';
import { atTurnEnd } from '../../base/turns.ts';

/** What is called back by it is a microtask; `queueMicrotask` does more for each. */
const RESOLVED = Promise.resolve();

/**
 * Commits of a caller who goes on as soon as each is acknowledged, before one waits for the turn's end: a loop that never
 * waits for anything else would keep timers and sockets, and with them the sync, from their turn.
 */
const LONE_COMMITS = 512;

export class CommitScheduler {
  readonly #commit: () => void;
  #scheduled = false;
  /** A commit was made in this turn already. */
  #turnOpen = false;
  /** The last turns had appends beyond their first commit. */
  #isShared = false;
  #callsInTurn = 0;
  /** What ran since the last lone commit are microtasks: what appends now was set off by it. */
  #goesOn = false;
  #loneCommits = 0;

  constructor(commit: () => void) {
    this.#commit = commit;
  }

  /** Asks for a commit; any number of calls until it happens count as one. */
  schedule(): void {
    if (this.#goesOn) {
      if (this.#scheduled) return;
      this.#scheduled = true;
      if (this.#loneCommits < LONE_COMMITS) void RESOLVED.then(this.#commitAlone);
      return; // else the turn's end will see it
    }
    this.#callsInTurn += 1;
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (this.#turnOpen) return; // the turn's end will see it
    this.#turnOpen = true;
    atTurnEnd(this.#endTurn);
    if (!this.#isShared) void RESOLVED.then(this.#commitAlone);
  }

  readonly #commitAlone = (): void => {
    this.#scheduled = false;
    this.#callsInTurn = 0;
    this.#loneCommits += 1;
    if (!this.#goesOn) {
      this.#goesOn = true;
      // Runs once the microtask queue is empty.
      nextTick(this.#endMicrotasks);
    }
    this.#commit();
  };

  readonly #endMicrotasks = (): void => {
    this.#goesOn = false;
  };

  readonly #endTurn = (): void => {
    this.#turnOpen = false;
    this.#loneCommits = 0;
    // In a shared turn more than one call counts; after a lone commit, any call that came behind it does.
    this.#isShared = this.#callsInTurn > (this.#isShared ? 1 : 0);
    this.#callsInTurn = 0;
    if (!this.#scheduled) return;
    this.#scheduled = false;
    this.#commit();
  };
}
