/** Tells, without changing anything, why a start would refuse a data directory. */
import { join } from 'node:path';
import { CatalogError } from '../catalog/catalog-error.ts';
import { CATALOG_FILE } from '../catalog/catalog-file.ts';
import { checkAgainstJournal } from '../catalog/check.ts';
import { JournalCopy } from '../catalog/journal-copy.ts';
import { publishedSegments } from '../catalog/segment-rows.ts';
import { clusterOfJournal } from '../catalog-rebuild/rebuild.ts';
import { nodeFiles } from '../files/node-files.ts';
import { type Engine, openEngine } from '../open-engine.ts';
import { type JournalEnd, StorageError } from '../types.ts';
import { catalogRows, knownEnd } from './catalog.ts';
import { OverlayFiles } from './overlay-files.ts';

/** What refuses a start. `cutAt` is only there where the journal does. */
export type StartProblem = StorageError | CatalogError;

/** What is known of a journal. */
export interface JournalKnown {
  /** How far it went; null: nobody knows. */
  readonly end: JournalEnd | null;
  /** Sequences of files that are lost. */
  readonly givenUpFiles?: ReadonlySet<number>;
}

/** Opens the journal on files that stay as they are, and has somebody look at it. Gives why a start would refuse it. */
async function tryStart(
  dataDir: string,
  { end, givenUpFiles = new Set() }: JournalKnown,
  look: (engine: Engine) => Promise<void>,
): Promise<StartProblem | null> {
  const files = new OverlayFiles(nodeFiles);
  try {
    const clusterId = await clusterOfJournal(dataDir);
    const witness = { end, goesOnIn: () => Promise.resolve(), reached: () => Promise.resolve() };
    const engine = await openEngine({ dataDir, clusterId, files, witness, givenUpFiles, pageCacheBytes: 0 });
    await look(engine).finally(() => engine.close());
    return null;
  } catch (error) {
    const isKnown = error instanceof StorageError || error instanceof CatalogError;
    if (isKnown && error.code === 'CORRUPT') return error;
    throw error;
  } finally {
    await files.close();
  }
}

/** Why a start would refuse the journal. @throws errors of the system */
export async function journalProblem(dataDir: string, known: JournalKnown): Promise<StartProblem | null> {
  return await tryStart(dataDir, known, () => Promise.resolve());
}

/** Why a start would refuse the directory: its journal, its catalog, or its segments. @throws errors of the system */
export async function startProblem(dataDir: string): Promise<StartProblem | null> {
  return await tryStart(dataDir, { end: await knownEnd(dataDir) }, async (engine) => {
    const loaded = await catalogRows(dataDir);
    if (loaded === null) return;
    await checkAgainstJournal(join(dataDir, CATALOG_FILE), loaded, new JournalCopy(engine), engine);
    await engine.openSegments(publishedSegments(loaded.rows));
  });
}
