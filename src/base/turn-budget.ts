/**
 * Work of many callers in short turns of the event loop: what is done at once is bounded, and who finds nothing left waits
 * for a later turn, in the order of asking. Whoever asks for one piece of work after the other so takes turns with all
 * others, however much he has.
 */
import { nextTurn } from './real-time.ts';

export class TurnBudget {
  readonly #units: number;
  #left: number;
  #waiting: Array<() => void> = [];

  /** @param units of work in one turn; what begins with one left may take more */
  constructor(units: number) {
    this.#units = units;
    this.#left = units;
  }

  /** True if work may be done at once: there is some left, and nobody waits. */
  get hasRoom(): boolean {
    return this.#left > 0 && this.#waiting.length === 0;
  }

  /** Counts work that was done. It counts until somebody has to wait for it, whichever turn that is in. */
  spend(units: number): void {
    this.#left -= units;
  }

  /** Runs `work`, which counts what it does, in a later turn. @throws what `work` throws; as a rejection */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error as Error);
        }
      });
      if (this.#waiting.length === 1) nextTurn(this.#serve);
    });
  }

  readonly #serve = (): void => {
    this.#left = this.#units;
    const waiting = this.#waiting;
    let served = 0;
    while (served < waiting.length && this.#left > 0) (waiting[served++] as () => void)();
    // What they go on with comes after this.
    waiting.splice(0, served);
    if (waiting.length > 0) nextTurn(this.#serve);
  };
}
