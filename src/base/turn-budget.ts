/**
 * Work of many callers in short turns of the event loop: what a turn does is bounded, and who finds nothing left waits for a
 * later one, in the order of asking. Whoever asks for one piece of work after the other so takes turns with all others,
 * however much he has.
 */
import { nextTurn } from './real-time.ts';

export class TurnBudget {
  readonly #units: number;
  #left: number;
  #waiting: Array<() => void> = [];
  #endIsAwaited = false;

  /** @param units of work in one turn; what begins with one left may take more */
  constructor(units: number) {
    this.#units = units;
    this.#left = units;
  }

  /** True if work may be done at once: this turn has some left, and nobody waits. */
  get hasRoom(): boolean {
    return this.#left > 0 && this.#waiting.length === 0;
  }

  /** Counts work that was done, until the end of this turn. */
  spend(units: number): void {
    this.#left -= units;
    this.#awaitEnd();
  }

  /**
   * Runs `work`, which counts what it does, at the end of a turn that has some left.
   * @throws what `work` throws; as a rejection
   */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error as Error);
        }
      });
      this.#awaitEnd();
    });
  }

  #awaitEnd(): void {
    if (this.#endIsAwaited) return;
    this.#endIsAwaited = true;
    nextTurn(this.#end);
  }

  /** Who waits gets what this turn's sockets and timers have left; then the next turn begins. */
  readonly #end = (): void => {
    this.#endIsAwaited = false;
    const waiting = this.#waiting;
    let served = 0;
    while (served < waiting.length && this.#left > 0) (waiting[served++] as () => void)();
    // What they go on with comes after this.
    waiting.splice(0, served);
    this.#left = this.#units;
    if (waiting.length > 0) this.#awaitEnd();
  };
}
