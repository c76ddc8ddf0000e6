/** Compares the headers of a batch that was read with what the index says of it. */
import { BATCH_OVERHEAD, BatchField, LOG_OVERHEAD, MAGIC_V2 } from '../../../protocol/records/batch.ts';
import { noteBytes } from '../format/abort-note.ts';
import { holdsRecordBatch } from '../format/batch.ts';
import { ENTRY_HEADER_BYTES, EntryKind } from '../format/format.ts';
import type { FileIndex } from './file-index.ts';
import { entryEndOffset } from './file-index.ts';

const TWO_32 = 2 ** 32;

/**
 * True when the entry at `at`, its header and the header of its batch, is the one in row `entry` of an index, of run
 * `run`: what is served then lies at the offsets that it says. Runs for every batch that is read from a file.
 */
export function isIndexedBatch(view: DataView, at: number, index: FileIndex, run: number, entry: number): boolean {
  const { runs, entries } = index;
  const offset = (runs.baseOffset[run] as number) + (entries.offsetDelta[entry] as number);
  const offsetCount = entryEndOffset(index, run, entry) - offset;
  const byteLength = entries.length[entry] as number;
  const epoch = runs.leaderEpoch[run] as number;
  const flags = view.getUint8(at + 9);
  const isEntry =
    view.getUint32(at + 4, true) === byteLength + noteBytes(flags) &&
    view.getUint8(at + 8) === EntryKind.BATCH &&
    view.getUint32(at + 12, true) === offsetCount &&
    view.getUint32(at + 16, true) + view.getInt32(at + 20, true) * TWO_32 === runs.stream[run] &&
    view.getUint32(at + 24, true) + view.getInt32(at + 28, true) * TWO_32 === offset &&
    view.getInt32(at + 40, true) === epoch;
  if (!isEntry || !holdsRecordBatch(flags)) return isEntry;
  const batchAt = at + ENTRY_HEADER_BYTES;
  return (
    byteLength >= BATCH_OVERHEAD &&
    view.getUint32(batchAt + 4) + view.getInt32(batchAt) * TWO_32 === offset &&
    view.getInt32(batchAt + BatchField.BATCH_LENGTH) === byteLength - LOG_OVERHEAD &&
    view.getInt32(batchAt + BatchField.LEADER_EPOCH) === epoch &&
    view.getInt8(batchAt + BatchField.MAGIC) === MAGIC_V2 &&
    view.getInt32(batchAt + BatchField.LAST_OFFSET_DELTA) === offsetCount - 1
  );
}
