/** Batches in flight in order of their offsets; they do not overlap, but there may be holes between them. */
import type { InFlightBatch } from './in-flight-batch.ts';

export class BatchList implements Iterable<InFlightBatch> {
  #batches: InFlightBatch[] = [];

  get first(): InFlightBatch | undefined {
    return this.#batches[0];
  }

  get last(): InFlightBatch | undefined {
    return this.#batches.at(-1);
  }

  get size(): number {
    return this.#batches.length;
  }

  [Symbol.iterator](): IterableIterator<InFlightBatch> {
    return this.#batches[Symbol.iterator]();
  }

  /** The last batch that begins at or before `offset`. */
  floor(offset: number): InFlightBatch | undefined {
    return this.#batches[this.#floorIndex(offset)];
  }

  /** The first batch that begins after `offset`. */
  higher(offset: number): InFlightBatch | undefined {
    return this.#batches[this.#floorIndex(offset) + 1];
  }

  /** Batches that have offsets in the range, ends included. */
  overlapping(firstOffset: number, lastOffset: number): readonly InFlightBatch[] {
    let from = this.#floorIndex(firstOffset);
    const floor = this.#batches[from];
    if (floor === undefined || floor.lastOffset < firstOffset) from += 1;
    return this.#batches.slice(from, this.#floorIndex(lastOffset) + 1);
  }

  add(batch: InFlightBatch): void {
    const last = this.last;
    if (last === undefined || last.firstOffset < batch.firstOffset) this.#batches.push(batch);
    else this.#batches.splice(this.#floorIndex(batch.firstOffset) + 1, 0, batch);
  }

  /** Forgets all batches that end at or before `offset`. */
  dropThrough(offset: number): void {
    const kept = this.#batches.findIndex((batch) => batch.lastOffset > offset);
    this.#batches.splice(0, kept < 0 ? this.#batches.length : kept);
  }

  /** Index of the last batch that begins at or before `offset`, or -1. */
  #floorIndex(offset: number): number {
    let low = 0;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#batches[middle] as InFlightBatch).firstOffset <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
