/** Ends journal files before they are full, for what can be done with files that are not written any more. */
import type { FileTable } from '../runs/journal/file-table.ts';
import type { Journal } from './journal.ts';

/** A seal of no more than this is worth it for anything. */
const CHEAP_SEAL_BYTES = 1024 * 1024;

/**
 * Sees to it that a start does not need the file with this sequence, nor any before it, so that it can be replaced.
 * @param worthBytes what may be written for it: a seal has a checkpoint of all streams
 * @returns false if that is too much, or the journal could not
 * @throws StorageError when the journal fails
 */
export async function releaseFile(
  journal: Journal,
  table: FileTable,
  sequence: number,
  worthBytes: number,
): Promise<boolean> {
  const isTooDear = (): boolean =>
    journal.refusal !== null || journal.sealBytes > Math.max(worthBytes, CHEAP_SEAL_BYTES);
  if (sequence === journal.active.sequence) {
    if (isTooDear()) return false;
    await journal.seal();
  }
  if (sequence === journal.active.sequence) return false;
  const file = table.get(sequence);
  if (file === undefined || journal.isReplaced(file)) return true;
  await journal.settleCheckpoint();
  if (journal.isReplaced(file)) return true;
  if (isTooDear()) return false;
  // The file that comes next has a checkpoint of its own then, which counts once it is on the device.
  await journal.sealForCheckpoint();
  await journal.flush();
  return true;
}
