/**
 * Makes a data directory that a start refuses one that it takes, and gives up what is lost: the journal is cut where its
 * damage begins, its older files that are lost and segments are let go of, or these copied without what is damaged in
 * them, and the catalog is made anew from what is left. What is cut off or replaced is kept beside it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '../../base/logger.ts';
import { systemRandom } from '../../base/random.ts';
import { CatalogError } from '../catalog/catalog-error.ts';
import { CATALOG_FILE } from '../catalog/catalog-file.ts';
import { publishedSegments } from '../catalog/segment-rows.ts';
import { toCatalogError } from '../catalog/sqlite-errors.ts';
import { LOCK_FILE, lockDirectory } from '../catalog/directory-lock.ts';
import { closeQuietly, openExclusively } from '../catalog/sqlite-schema.ts';
import { rebuildCatalog } from '../catalog-rebuild/rebuild.ts';
import { StorageError } from '../types.ts';
import { catalogRows } from './catalog.ts';
import { type Cut, cutJournal } from './cut.ts';
import { type LostRange, type RepairedFile, SegmentsRepair } from './segments-repair.ts';
import { startProblem } from './start-problem.ts';

export type { LostRange } from './segments-repair.ts';

export interface Repair {
  /** Of the journal, in the order in which it was cut. */
  readonly cuts: readonly Cut[];
  /** Older files of the journal that were given up. */
  readonly journalFiles: readonly RepairedFile[];
  readonly segments: readonly RepairedFile[];
  /** Records that are not there any more, besides those behind a cut. */
  readonly lost: readonly LostRange[];
  /** Names of the old catalog's files, where it was made anew; empty also when there were none. */
  readonly catalogAside: readonly string[];
  readonly isCatalogNew: boolean;
}

const NOTHING: Repair = { cuts: [], journalFiles: [], segments: [], lost: [], catalogAside: [], isCatalogNew: false };

/** Refuses a directory that somebody uses. @throws CatalogError LOCKED */
function refuseInUse(dataDir: string): void {
  if (existsSync(join(dataDir, LOCK_FILE))) lockDirectory(dataDir).close();
  const file = join(dataDir, CATALOG_FILE);
  if (!existsSync(file)) return;
  try {
    closeQuietly(openExclusively(file));
  } catch (error) {
    const failure = toCatalogError(error, file);
    // A damaged one is made anew.
    if (failure.code === 'LOCKED') throw failure;
  }
}

/**
 * Repairs the directory: reads every segment whole, and changes nothing where all is well.
 * @throws CatalogError LOCKED when it is in use; StorageError CORRUPT when there is no way out: the message says what is
 * wrong; DISK_FULL
 */
export async function repair(dataDir: string): Promise<Repair> {
  refuseInUse(dataDir);
  const { cuts, lost } = await cutJournal(dataDir);
  const segments = await SegmentsRepair.look(dataDir, lost.length > 0);
  const isJournalWhole = cuts.length === 0 && lost.length === 0;
  if (isJournalWhole && (await startProblem(dataDir)) === null) {
    const rows = await catalogRows(dataDir);
    if (rows !== null && !segments.hasDamagedOf(publishedSegments(rows.rows))) return NOTHING;
  }
  try {
    const givenUpFiles = new Set(lost.map(({ sequence }) => sequence));
    const options = { dataDir, logger: silentLogger, random: systemRandom, segments, givenUpFiles };
    const { aside } = await rebuildCatalog(options);
    const done = { cuts, journalFiles: lost, segments: segments.repaired, lost: segments.lost };
    return { ...done, catalogAside: aside, isCatalogNew: true };
  } catch (error) {
    const isKnown = error instanceof StorageError || error instanceof CatalogError;
    if (!isKnown || cuts.length === 0) throw error;
    const made = `The journal was cut (${cuts.flatMap(({ aside }) => aside).join(', ')}), but no catalog can be made of it`;
    throw new StorageError('CORRUPT', `${made}: ${error.message}`, { cause: error });
  }
}
