/** What readers that want committed records only may see of a partition. */
import { isControl, isTransactional, nextOffset, producerId, sizeInBytes } from './batch.ts';
import { readMarker } from './markers.ts';

/** A transaction whose records, from an offset on to its marker, are left out. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/** Says which batches of a partition are of aborted transactions, in the order of their offsets. */
export class AbortedFilter {
  readonly #aborted: AbortedTransaction[];
  readonly #open = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[] | null) {
    this.#aborted = (aborted ?? []).toSorted((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Whether the batch holds records that may be shown; markers and what was aborted may not. */
  shows(buffer: Buffer, at: number): boolean {
    if (isControl(buffer, at)) {
      const marker = readMarker(buffer.subarray(at, at + sizeInBytes(buffer, at)));
      if (marker?.outcome === 'abort') this.#open.delete(producerId(buffer, at));
      return false;
    }
    if (!isTransactional(buffer, at)) return true;
    while ((this.#aborted[0]?.firstOffset ?? Infinity) < nextOffset(buffer, at)) {
      this.#open.add((this.#aborted.shift() as AbortedTransaction).producerId);
    }
    return !this.#open.has(producerId(buffer, at));
  }
}
