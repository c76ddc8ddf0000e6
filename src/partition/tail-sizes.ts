/** How many bytes lie between two offsets near the end of a log. */

/** Batches remembered for exact sizes near the end of the log. */
const TAIL_BATCHES = 64;

/**
 * Where the newest committed batches end, in offsets and in bytes: how much a fetch near the end of the log has to wait
 * for is known exactly, further back it is estimated.
 */
export class TailSizes {
  /** Pairs of end offset and bytes committed up to it since the partition was opened; a ring once it is full. */
  readonly #pairs: number[];
  #next = 4;
  #committedBytes: number;

  /**
   * @param startOffset where the first batch begins
   * @param endOffset where it ends, exclusive
   * @param sizeBytes its size
   */
  constructor(startOffset: number, endOffset: number, sizeBytes: number) {
    this.#pairs = [startOffset, 0, endOffset, sizeBytes];
    this.#committedBytes = sizeBytes;
  }

  push(endOffset: number, sizeBytes: number): void {
    this.#committedBytes += sizeBytes;
    this.#pairs[this.#next] = endOffset;
    this.#pairs[this.#next + 1] = this.#committedBytes;
    this.#next = (this.#next + 2) % (TAIL_BATCHES * 2);
  }

  /** Committed bytes from `offset` (the batch that holds it counts whole) to `endOffset`, or -1 when that lies too far back. */
  bytesBetween(offset: number, endOffset: number): number {
    const start = this.#bytesUpTo(offset);
    const end = this.#bytesUpTo(endOffset);
    return start < 0 || end < 0 ? -1 : end - start;
  }

  /** Bytes of the batches that end at or before `offset`, or -1 when it lies too far back. */
  #bytesUpTo(offset: number): number {
    const pairs = this.#pairs;
    let best = -1;
    let bestBytes = 0;
    for (let i = 0; i < pairs.length; i += 2) {
      const end = pairs[i] as number;
      if (end <= offset && end > best) {
        best = end;
        bestBytes = pairs[i + 1] as number;
      }
    }
    return best < 0 ? -1 : bestBytes;
  }
}
