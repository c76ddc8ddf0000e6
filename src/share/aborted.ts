/** Batches of aborted transactions, which members of a read_committed group do not get. */
import type { AbortedTransaction } from '../../protocol/records/aborted.ts';
import type { AcquiredRecords, ReadBatch } from './acquire.ts';

/** The batches of a read whose transaction was aborted; control batches are none of them. */
export function abortedBatches(
  batches: readonly ReadBatch[],
  transactions: readonly AbortedTransaction[],
): readonly ReadBatch[] {
  const begun = [...transactions].sort((a, b) => a.firstOffset - b.firstOffset);
  const aborted = new Set<bigint>();
  const found: ReadBatch[] = [];
  let next = 0;
  for (const batch of batches) {
    if (batch.producerId < 0n) continue;
    for (; next < begun.length; next++) {
      const { firstOffset, producerId } = begun[next] as AbortedTransaction;
      if (firstOffset > batch.lastOffset) break;
      aborted.add(producerId);
    }
    // A transaction that is aborted ends with its marker; between its first record and that there is no other.
    if (batch.isControl) aborted.delete(batch.producerId);
    else if (batch.isTransactional && aborted.has(batch.producerId)) found.push(batch);
  }
  return found;
}

/** What is left of acquired records without those of some batches; both are in order of their offsets. */
export function without(
  acquired: readonly AcquiredRecords[],
  batches: readonly Pick<ReadBatch, 'baseOffset' | 'lastOffset'>[],
): readonly AcquiredRecords[] {
  const left: AcquiredRecords[] = [];
  let next = 0;
  for (const records of acquired) {
    let { firstOffset } = records;
    while (firstOffset <= records.lastOffset) {
      const batch = batches[next];
      if (batch === undefined || batch.baseOffset > records.lastOffset) {
        left.push({ ...records, firstOffset });
        break;
      }
      if (batch.lastOffset >= firstOffset) {
        if (batch.baseOffset > firstOffset) left.push({ ...records, firstOffset, lastOffset: batch.baseOffset - 1 });
        firstOffset = batch.lastOffset + 1;
      }
      if (batch.lastOffset > records.lastOffset) break;
      next += 1;
    }
  }
  return left;
}
