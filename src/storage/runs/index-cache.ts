/**
 * Indexes, or parts of them, in memory within a budget of bytes. What was not used since it was last passed over goes first:
 * use is one flag, since every read notes it.
 */

/** An index in memory. */
export interface ResidentIndex {
  /** Of memory. */
  readonly byteLength: number;
  /** Set to true by whoever uses it. */
  isUsed: boolean;
  /** Lets go of it: it is loaded again when it is needed. */
  drop(): void;
}

/** Streams that the budget alone is good for, and what it grows by for each one beyond: a run in each of some files. */
const STREAMS_IN_BUDGET = 100_000;
const STREAM_BYTES = 256;

export class IndexCache {
  readonly #leastBytes: number;
  readonly #streams: () => number;
  /** In the order in which they will be looked at. */
  readonly #resident = new Set<ResidentIndex>();
  #byteLength = 0;

  /**
   * @param budgetBytes without what is added for very many streams: with a run of each, the indexes of a few files are
   *   larger, and every read of an older batch would load one of them whole
   * @param streams how many there are
   */
  constructor(budgetBytes: number, streams: () => number = () => 0) {
    this.#leastBytes = budgetBytes;
    this.#streams = streams;
  }

  get #budgetBytes(): number {
    return this.#leastBytes + STREAM_BYTES * Math.max(0, this.#streams() - STREAMS_IN_BUDGET);
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Takes an index under the budget; others may have to go, it does not. */
  keep(index: ResidentIndex): void {
    this.#resident.add(index);
    this.#byteLength += index.byteLength;
    index.isUsed = true;
    for (const oldest of this.#resident) {
      if (this.#byteLength <= this.#budgetBytes || this.#resident.size === 1) return;
      this.#resident.delete(oldest);
      if (oldest === index || oldest.isUsed) {
        oldest.isUsed = oldest === index;
        this.#resident.add(oldest); // comes by again
        continue;
      }
      this.#byteLength -= oldest.byteLength;
      oldest.drop();
    }
  }

  /** Takes out an index whose file goes. */
  forget(index: ResidentIndex): void {
    if (this.#resident.delete(index)) this.#byteLength -= index.byteLength;
  }
}
