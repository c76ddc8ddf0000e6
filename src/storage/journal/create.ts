/** Makes a journal file: durable with its name and header before the first entry goes into it. */
import { join } from 'node:path';
import { crc32c } from '../../../protocol/crc32c.ts';
import type { EngineContext } from '../context.ts';
import { writeFully } from '../files.ts';
import { encodeFileHeader, journalFileName } from '../format.ts';
import { JournalFile } from './file.ts';

/** @param followsSynced all earlier files are on the device already: a start may trust their ends. */
export async function createJournalFile(
  context: EngineContext,
  sequence: number,
  followsSynced: boolean,
): Promise<JournalFile> {
  const { folder, files } = context;
  const file = new JournalFile({
    sequence,
    path: folder === null ? '' : join(folder, journalFileName(sequence)),
    salt: context.random.int(2 ** 32),
    createdMs: context.clock.now(),
    startLsn: 0,
  });
  if (folder === null) return file;
  const header = encodeFileHeader({ ...file, followsSynced, clusterId: context.clusterId }, crc32c);
  const handle = await files.open(file.path, 'create');
  try {
    await writeFully(handle, [header], 0);
    await handle.datasync();
    await files.syncDirectory(folder);
  } catch (error) {
    // A name without a sound header would be in the way of the next attempt.
    await handle.close().catch(() => undefined);
    await files.unlink(file.path).catch(() => undefined);
    throw error;
  }
  file.handle = handle;
  return file;
}
