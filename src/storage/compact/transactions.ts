/**
 * Which transactions a pass comes across, in order of offsets: batches of aborted ones go, and a marker may go only when
 * no batch of its transaction is left (KIP-534).
 */
import type { AbortedTransaction } from '../types.ts';

export class PassedTransactions {
  /** In order of their first offsets; those before `#next` have begun. */
  readonly #aborted: readonly AbortedTransaction[];
  #next = 0;
  /** Aborted transactions that are under way at this place, by producer; true once a batch of it was seen. */
  readonly #open = new Map<bigint, { readonly transaction: AbortedTransaction; hasBatch: boolean }>();
  /** Producers with batches, since their last marker, of a transaction that was committed. */
  readonly #committed = new Set<bigint>();
  /** Offsets of the markers of aborted transactions of which batches were seen. */
  readonly #seen = new Set<number>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#aborted = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Takes a batch of data that has to do with a transaction; true if that was aborted. */
  isAborted(producerId: bigint, lastOffset: number): boolean {
    this.#begin(lastOffset);
    const open = this.#open.get(producerId);
    // One whose marker is gone, or lies before the place where the pass began, is over.
    if (open === undefined || open.transaction.lastOffset < lastOffset) {
      this.#committed.add(producerId);
      return false;
    }
    open.hasBatch = true;
    this.#seen.add(open.transaction.lastOffset);
    return true;
  }

  /** Takes a marker; true if no batch of its transaction was seen. */
  endsNothing(producerId: bigint, lastOffset: number, outcome: 'commit' | 'abort'): boolean {
    this.#begin(lastOffset);
    if (outcome === 'commit') return !this.#committed.delete(producerId);
    const open = this.#open.get(producerId);
    this.#open.delete(producerId);
    return open?.hasBatch !== true || open.transaction.lastOffset < lastOffset;
  }

  /** True if a batch of this aborted transaction was seen. */
  hasSeen({ lastOffset }: AbortedTransaction): boolean {
    return this.#seen.has(lastOffset);
  }

  #begin(lastOffset: number): void {
    for (; this.#next < this.#aborted.length; this.#next++) {
      const transaction = this.#aborted[this.#next] as AbortedTransaction;
      if (transaction.firstOffset > lastOffset) return;
      const before = this.#open.get(transaction.producerId);
      if (before === undefined || before.transaction.lastOffset < transaction.firstOffset) {
        this.#open.set(transaction.producerId, { transaction, hasBatch: false });
      }
    }
  }
}
