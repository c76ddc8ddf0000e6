/** Runs a pass of compaction over a log that is a list of batches. */
import type { Pause } from '../../src/base/steps.ts';
import { KeyPass } from '../../src/storage/compact/key-pass.ts';
import { OffsetMap } from '../../src/storage/compact/offset-map.ts';
import { StreamCleaner } from '../../src/storage/compact/stream-cleaner.ts';
import type { CompactionTask } from '../../src/storage/compact/types.ts';
import type { CompactionOutcome, ProducerEnds } from '../../src/storage/compaction-types.ts';
import type { AbortedTransaction } from '../../src/storage/types.ts';
import { nextOffset } from '../../protocol/records/batch.ts';

export const NO_PRODUCERS: ProducerEnds = {
  producerId: new BigInt64Array(0),
  epoch: new Int32Array(0),
  lastOffset: new Float64Array(0),
};

/** A secret for hashes of keys. */
export const SECRET = Buffer.from('0123456789abcdef');

export interface CompactedLog {
  readonly batches: readonly Buffer[];
  readonly aborted: readonly AbortedTransaction[];
  readonly outcome: CompactionOutcome;
}

/** `batches` in order of offsets; what is given are copies. */
export async function compactLog(
  batches: readonly Buffer[],
  task: CompactionTask,
  map = new OffsetMap(SECRET),
  pause: Pause = null,
): Promise<CompactedLog> {
  const keys = new KeyPass(task, map, pause);
  for (const batch of batches) {
    if (nextOffset(batch, 0) <= task.firstDirtyOffset) continue;
    if (!(await keys.take(batch))) break;
  }
  const cleaner = new StreamCleaner(keys);
  const written: Buffer[] = [];
  for (const batch of batches) {
    const result = await cleaner.take(batch);
    if (result !== null) written.push(result === batch ? batch : Buffer.from(result));
  }
  const aborted = task.aborted.filter((transaction) => cleaner.keepsAborted(transaction));
  return { batches: written, aborted, outcome: cleaner.finish() };
}
