/**
 * Guesses the row of a number from those of its neighbours: numbers that were given out one after the other mostly have
 * rows that follow each other, too. A guess that holds spares a look into a table that is in no cache of the processor.
 */

/** Numbers that are taken to have one distance from their rows: so many that follow each other. */
const BLOCK_BITS = 10;
const BLOCKS = 1024;
/** Right guesses beyond wrong ones that are remembered; with none left nothing is guessed until guesses would be right. */
const MAX_TRUST = 32;

export class RowGuess {
  /** Row minus number, as seen last in each block; blocks far apart share one. */
  readonly #distances = new Float64Array(BLOCKS);
  #trust = 0;

  get memoryBytes(): number {
    return this.#distances.byteLength;
  }

  /** The row that the number may have, or -1. */
  of(key: number): number {
    return this.#trust > 0 ? this.#guess(key) : -1;
  }

  /** The row that was found where `of` gave another one, or none. */
  learn(key: number, row: number): void {
    if (this.#guess(key) === row) {
      if (this.#trust < MAX_TRUST) this.#trust += 1;
      return;
    }
    this.#distances[blockOf(key)] = row - key;
    if (this.#trust > 0) this.#trust -= 1;
  }

  /** What `of` gave was right. */
  confirm(): void {
    if (this.#trust < MAX_TRUST) this.#trust += 1;
  }

  #guess(key: number): number {
    const row = key + (this.#distances[blockOf(key)] as number);
    return row >>> 0 === row ? row : -1;
  }
}

function blockOf(key: number): number {
  return (key >>> BLOCK_BITS) & (BLOCKS - 1);
}
