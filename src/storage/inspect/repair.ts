/**
 * Makes a journal that a start refuses one that it takes, by giving up what lies behind the damage. What is cut off is kept
 * beside it, and the catalog is made anew from what is left.
 */
import { copyFile, open, readdir, rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { silentLogger } from '../../base/logger.ts';
import { systemRandom } from '../../base/random.ts';
import { CatalogError } from '../catalog/catalog-error.ts';
import { CATALOG_FILE } from '../catalog/catalog-file.ts';
import { openExclusively, closeQuietly } from '../catalog/sqlite-schema.ts';
import { toCatalogError } from '../catalog/sqlite-errors.ts';
import { clusterOfJournal, rebuildCatalog } from '../catalog-rebuild/rebuild.ts';
import { nodeFiles } from '../files/node-files.ts';
import { journalFileName, sequenceOfName } from '../format/format.ts';
import { openEngine } from '../open-engine.ts';
import { JOURNAL_FOLDER } from '../options.ts';
import { type JournalEnd, StorageError } from '../types.ts';
import { knownEnd } from './catalog.ts';
import { OverlayFiles } from './overlay-files.ts';

/** A pass that cuts nothing ends the repair; more than this many are no repair any more. */
const MAX_CUTS = 1000;

/**
 * Why a start would refuse the journal, or null; nothing is changed.
 * @param end how far it is known to have gone
 * @throws errors of the system
 */
async function problemOf(dataDir: string, end: JournalEnd | null): Promise<StorageError | null> {
  const files = new OverlayFiles(nodeFiles);
  try {
    const clusterId = await clusterOfJournal(dataDir);
    const witness = { end, goesOnIn: () => Promise.resolve(), reached: () => Promise.resolve() };
    const engine = await openEngine({ dataDir, clusterId, files, witness, pageCacheBytes: 0 });
    await engine.close();
    return null;
  } catch (error) {
    if (error instanceof StorageError && error.code === 'CORRUPT') return error;
    throw error;
  } finally {
    await files.close();
  }
}

/** Why a start would refuse the journal, or null; nothing is changed. @throws errors of the system */
export async function startProblem(dataDir: string): Promise<StorageError | null> {
  return await problemOf(dataDir, await knownEnd(dataDir));
}

export interface Cut {
  /** Why the start was refused. */
  readonly reason: string;
  /** Names of the files in the journal's folder that have what was cut off. */
  readonly aside: readonly string[];
  readonly byteLength: number;
}

/** Refuses a directory that somebody uses. @throws CatalogError LOCKED */
function refuseInUse(dataDir: string): void {
  const file = join(dataDir, CATALOG_FILE);
  try {
    closeQuietly(openExclusively(file));
  } catch (error) {
    const failure = toCatalogError(error, file);
    // A damaged one is made anew.
    if (failure.code === 'LOCKED') throw failure;
  }
}

async function freeName(folder: string, name: string): Promise<string> {
  const taken = new Set(await readdir(folder));
  let free = name;
  for (let i = 1; taken.has(free); i++) free = `${name}.${i}`;
  return join(folder, free);
}

/** Copies what lies behind `position` aside, and cuts the file there. */
async function cutFile(path: string, position: number, aside: string): Promise<number> {
  const { size } = await stat(path);
  await copyFile(path, aside);
  const copy = await open(aside, 'r+');
  await copy.datasync().finally(() => copy.close());
  const file = await open(path, 'r+');
  try {
    await file.truncate(position);
    await file.datasync();
  } finally {
    await file.close();
  }
  return size - position;
}

async function cut(folder: string, { sequence, position }: JournalEnd, reason: string): Promise<Cut> {
  const aside: string[] = [];
  let byteLength = 0;
  const sequences = (await readdir(folder)).map(sequenceOfName).filter((one) => one !== undefined && one >= sequence);
  // The last goes first, to leave no gap.
  for (const each of (sequences as number[]).sort((a, b) => b - a)) {
    const path = join(folder, journalFileName(each));
    const kept = await freeName(folder, `${journalFileName(each)}.broken`);
    if (each === sequence && position !== null && position > 0) byteLength += await cutFile(path, position, kept);
    else {
      byteLength += (await stat(path)).size;
      await rename(path, kept);
    }
    aside.push(basename(kept));
  }
  await nodeFiles.syncDirectory(folder);
  return { reason, aside, byteLength };
}

/**
 * Cuts the journal until a start takes it.
 * @returns what was cut, in the order in which it was; nothing when a start takes it as it is
 * @throws CatalogError LOCKED when it is in use; StorageError CORRUPT when cutting does not help: the message says what is
 * wrong; DISK_FULL
 */
export async function repairJournal(dataDir: string): Promise<readonly Cut[]> {
  refuseInUse(dataDir);
  const folder = join(dataDir, JOURNAL_FOLDER);
  const cuts: Cut[] = [];
  for (;;) {
    // What is cut off is missed no more.
    const problem = cuts.length === 0 ? await startProblem(dataDir) : await problemOf(dataDir, null);
    if (problem === null) break;
    const isHopeless = cuts.length >= MAX_CUTS || problem.cutAt === null || problem.cutAt.sequence <= 1;
    if (isHopeless && (problem.cutAt?.position ?? 0) === 0) throw problem;
    cuts.push(await cut(folder, problem.cutAt as JournalEnd, problem.message));
  }
  if (cuts.length === 0) return cuts;
  try {
    await rebuildCatalog({ dataDir, logger: silentLogger, random: systemRandom });
  } catch (error) {
    if (!(error instanceof StorageError || error instanceof CatalogError)) throw error;
    const made = `The journal was cut (${cuts.flatMap(({ aside }) => aside).join(', ')}), but no catalog can be made of it`;
    throw new StorageError('CORRUPT', `${made}: ${error.message}`, { cause: error });
  }
  return cuts;
}
