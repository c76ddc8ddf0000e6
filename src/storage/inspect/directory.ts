/** Looks through a data directory, or one file of it. Nothing is changed, and a broker may be running on it. */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CATALOG_FILE } from '../catalog/catalog-file.ts';
import { nodeFiles } from '../files/node-files.ts';
import { sequenceOfName } from '../format/format.ts';
import { JOURNAL_FOLDER, SEGMENTS_FOLDER } from '../options.ts';
import { segmentOfName } from '../segment/descriptor.ts';
import { inspectCatalog } from './catalog.ts';
import { inspectJournalFile, type TakeEntries } from './journal.ts';
import { inspectSegmentFile } from './segment.ts';
import type { FileKind, FileReport } from './types.ts';

/** What a file is by its name. */
export function kindOf(path: string): FileKind {
  const name = basename(path);
  if (sequenceOfName(name) !== undefined) return 'journal';
  if (segmentOfName(name) !== null) return 'segment';
  if (name === CATALOG_FILE) return 'catalog';
  if (name === 'reserve' || name === 'catalog.reserve') return 'reserve';
  if (name.startsWith('spare')) return 'spare';
  return /\.broken(\.\d+)?$/.test(name) ? 'aside' : 'unknown';
}

/** Paths of the files in a folder, sorted; none where there is no folder. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(folder, entry.name)).sort();
}

/** Paths of a data directory's files: the catalog, then the segments and the journal in their order. */
export async function filesOf(dataDir: string): Promise<string[]> {
  const own = (await filesIn(dataDir)).filter((path) => !/-wal$|-shm$|catalog\.lock$/.test(path));
  return [
    ...own,
    ...(await filesIn(join(dataDir, SEGMENTS_FOLDER))),
    ...(await filesIn(join(dataDir, JOURNAL_FOLDER))),
  ];
}

/** Reads one file whole, whatever it is; null when it went while it was looked for. */
export async function inspectFile(path: string, take: TakeEntries | null): Promise<FileReport | null> {
  try {
    const kind = kindOf(path);
    if (kind === 'journal')
      return await inspectJournalFile(nodeFiles, path, sequenceOfName(basename(path)) ?? null, take);
    if (kind === 'segment') return await inspectSegmentFile(nodeFiles, path, take);
    if (kind === 'catalog') return await inspectCatalog(join(path, '..'));
    const { size } = await stat(path);
    return { path, kind, byteLength: size, version: null, facts: {}, damage: [] };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
