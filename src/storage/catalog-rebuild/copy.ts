/** Copies a journal in use into a new directory, where it is one of its own: the same streams, with a catalog made anew. */
import { constants } from 'node:fs';
import { copyFile, mkdir, open, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { silentLogger } from '../../base/logger.ts';
import { systemRandom } from '../../base/random.ts';
import type { Engine } from '../engine.ts';
import { nodeFiles } from '../files/node-files.ts';
import { JOURNAL_FOLDER, SEGMENTS_FOLDER } from '../options.ts';
import { rebuildCatalog } from './rebuild.ts';

/** @throws Error when there is something in `directory`, which need not be there */
export async function refuseUnlessEmpty(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (names.length > 0) throw new Error(`${directory} is not empty: a copy needs a new directory`);
}

/** Copies the first `length` bytes; they are on the device then. */
async function copyPrefix(from: string, to: string, length: number): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  const file = await open(to, 'r+');
  try {
    await file.truncate(length);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/**
 * Copies what the engine holds at the time of the call, after it is on the device. Files that streams give up meanwhile
 * stay until they are copied.
 * @throws Error when there is something in `directory`; StorageError when the engine failed; the system's error
 */
export async function copyJournal(engine: Engine, directory: string): Promise<void> {
  await refuseUnlessEmpty(directory);
  const { files, release } = await engine.pinFiles();
  try {
    const folders = [JOURNAL_FOLDER, SEGMENTS_FOLDER].map((name) => join(directory, name));
    for (const folder of folders) await mkdir(folder, { recursive: true });
    for (const { path, length } of files) {
      await copyPrefix(path, join(directory, basename(dirname(path)), basename(path)), length);
    }
    for (const folder of folders) await nodeFiles.syncDirectory(folder);
    await nodeFiles.syncDirectory(directory);
    await nodeFiles.syncDirectory(dirname(directory));
  } finally {
    release();
  }
  await rebuildCatalog({ dataDir: directory, logger: silentLogger, random: systemRandom });
}
