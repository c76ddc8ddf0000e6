/** Saves aside what lies behind the end of the journal: nothing is thrown away that anybody might want to look at. */
import { join } from 'node:path';
import type { FileContext } from '../context.ts';
import { isNoSpace, readFully, writeFully } from '../files/files.ts';
import { journalFileName } from '../format/format.ts';
import { withReserve } from '../journal/reserve.ts';
import type { RecoveryFile } from './journal-files.ts';
import { StorageError } from '../types.ts';

const PIECE_BYTES = 1024 * 1024;
/** A file system gives whole blocks. */
const BLOCK_BYTES = 4096;

/** Renames a file behind the end to `*.broken`, or deletes it if it never held an entry. */
export async function saveAside(context: FileContext, sequence: number, hasEntries: boolean): Promise<void> {
  const { files, logger } = context;
  const folder = context.folder;
  const path = join(folder, journalFileName(sequence));
  if (hasEntries) {
    const broken = await freeName(context, `${journalFileName(sequence)}.broken`);
    await files.rename(path, join(folder, broken));
    logger.warn('journal-tail-saved', 'A journal file behind the end of the journal was set aside', { path, broken });
  } else await files.unlink(path);
  await files.syncDirectory(folder);
}

/** Copies the bytes from `start` to `end`, which the last sound entry ends at, to `*.broken`. */
export async function saveTailAside(
  context: FileContext,
  opened: RecoveryFile,
  start: number,
  end: number,
): Promise<void> {
  const { files, logger } = context;
  const folder = context.folder;
  const name = await freeName(context, `${journalFileName(opened.file.sequence)}.${start}.broken`);
  const path = join(folder, name);
  try {
    await withReserve(context, end - start + BLOCK_BYTES, () => copyTo(context, path, opened, { start, end }));
  } catch (error) {
    if (!isNoSpace(error)) throw error;
    const what = `The journal ended in the middle of a write; what lies behind is kept as ${path}, for which there is no room`;
    throw new StorageError('DISK_FULL', `${what}: free ${end - start} bytes and start again`, { cause: error });
  }
  await files.syncDirectory(folder);
  logger.warn('journal-tail-saved', 'The journal ended in the middle of a write; the rest was set aside', {
    path: opened.file.path,
    position: start,
    byteLength: end - start,
    broken: name,
  });
}

async function copyTo(
  { files }: FileContext,
  path: string,
  { handle }: RecoveryFile,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<void> {
  const bytes = Buffer.alloc(Math.min(PIECE_BYTES, end - start));
  const copy = await files.open(path, 'create');
  let isWhole = false;
  try {
    for (let at = start; at < end; at += PIECE_BYTES) {
      const piece = bytes.subarray(0, Math.min(PIECE_BYTES, end - at));
      await readFully(handle, piece, at);
      await writeFully(copy, [piece], at - start);
    }
    await copy.datasync();
    isWhole = true;
  } finally {
    await copy.close();
    if (!isWhole) await files.unlink(path);
  }
}

async function freeName(context: FileContext, name: string): Promise<string> {
  const taken = new Set(await context.files.list(context.folder));
  let free = name;
  for (let i = 1; taken.has(free); i++) free = `${name}.${i}`;
  return free;
}
