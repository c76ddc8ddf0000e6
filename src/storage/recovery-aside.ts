/** Saves aside what lies behind the end of the journal: nothing is thrown away that anybody might want to look at. */
import { join } from 'node:path';
import type { EngineContext } from './context.ts';
import { readFully, writeFully } from './files.ts';
import { journalFileName } from './format.ts';
import type { RecoveryFile } from './recovery-files.ts';

const PIECE_BYTES = 1024 * 1024;

/** Renames a file behind the end to `*.broken`, or deletes it if it never held an entry. */
export async function saveAside(context: EngineContext, sequence: number, hasEntries: boolean): Promise<void> {
  const { files, logger } = context;
  const folder = context.folder as string;
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
  context: EngineContext,
  opened: RecoveryFile,
  start: number,
  end: number,
): Promise<void> {
  const { files, logger } = context;
  const folder = context.folder as string;
  const bytes = Buffer.alloc(Math.min(PIECE_BYTES, end - start));
  const name = await freeName(context, `${journalFileName(opened.file.sequence)}.${start}.broken`);
  const copy = await files.open(join(folder, name), 'create');
  try {
    for (let at = start; at < end; at += PIECE_BYTES) {
      const piece = bytes.subarray(0, Math.min(PIECE_BYTES, end - at));
      await readFully(opened.handle, piece, at);
      await writeFully(copy, [piece], at - start);
    }
    await copy.datasync();
  } finally {
    await copy.close();
  }
  await files.syncDirectory(folder);
  logger.warn('journal-tail-saved', 'The journal ended in the middle of a write; the rest was set aside', {
    path: opened.file.path,
    position: start,
    byteLength: end - start,
    broken: name,
  });
}

async function freeName(context: EngineContext, name: string): Promise<string> {
  const taken = new Set(await context.files.list(context.folder as string));
  let free = name;
  for (let i = 1; taken.has(free); i++) free = `${name}.${i}`;
  return free;
}
