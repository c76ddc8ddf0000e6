/** Long answers are built in slices, so that other connections get their turn in between. */
import { turn } from '../base/real-time.ts';

export class Slices {
  readonly #size: number;
  #left: number;

  /** @param size units of work (partitions, settings) in one slice */
  constructor(size: number) {
    this.#size = size;
    this.#left = size;
  }

  /** Counts work about to be done; a promise to wait for when the slice is used up, else null. */
  spend(units: number): Promise<void> | null {
    this.#left -= units;
    if (this.#left > 0) return null;
    this.#left = this.#size;
    return turn();
  }
}
