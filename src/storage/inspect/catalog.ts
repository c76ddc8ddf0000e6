/** Looks through a catalog: a copy of it, since SQLite would change the file, and locks it while it reads. */
import { existsSync, rmSync } from 'node:fs';
import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { isError } from '../../base/realms.ts';
import { CatalogError } from '../catalog/catalog-error.ts';
import { CATALOG_FILE } from '../catalog/catalog-file.ts';
import { type CatalogRows, type RowKind, ROW_KINDS } from '../catalog/rows.ts';
import { publishedSegments } from '../catalog/segment-rows.ts';
import { SqliteDatabase } from '../catalog/sqlite-database.ts';
import { toCatalogError, wayOut } from '../catalog/sqlite-errors.ts';
import { openSqlite } from '../catalog/sqlite-module.ts';
import { closeQuietly, openExclusively, upgrade } from '../catalog/sqlite-schema.ts';
import { SEGMENTS_FOLDER } from '../options.ts';
import { segmentFileName } from '../segment/descriptor.ts';
import type { JournalEnd } from '../types.ts';
import type { FileReport } from './types.ts';

/** True while a broker, or a log, has the catalog open. */
function isInUse(file: string): boolean {
  // Whoever has it open has this one, too; and SQLite makes it where it is not.
  if (!existsSync(`${file}-wal`)) return false;
  const shared = `${file}-shm`;
  const hadShared = existsSync(shared);
  let db: DatabaseSync | null = null;
  try {
    db = openSqlite(file, { readOnly: true, timeout: 0 });
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (error) {
    return /locked|busy/i.test((error as Error).message);
  } finally {
    if (db !== null) closeQuietly(db);
    // Nobody else uses one: Walka locks the catalog for itself.
    if (!hadShared) rmSync(shared, { force: true });
  }
}

function load(file: string): CatalogRows {
  const db = openExclusively(file);
  try {
    upgrade(db, file, false);
    return new SqliteDatabase(db).load();
  } finally {
    closeQuietly(db);
  }
}

/** What is to be known of a catalog. */
function factsOf({ cluster, rows, end }: CatalogRows): FileReport['facts'] {
  const count = (kind: RowKind): number => rows.filter((row) => row[0] === kind).length;
  return {
    clusterId: cluster.id,
    starts: cluster.starts,
    generation: cluster.generation,
    ...Object.fromEntries(ROW_KINDS.map((kind) => [kind, count(kind)])),
    endSequence: end?.sequence ?? null,
    endPosition: end?.position ?? null,
  };
}

/** Reads a copy of the catalog. @throws what is wrong with it; errors of the system */
async function readCopy(dataDir: string): Promise<CatalogRows> {
  const folder = await mkdtemp(join(tmpdir(), 'walka-inspect-'));
  try {
    for (const name of [CATALOG_FILE, `${CATALOG_FILE}-wal`]) {
      await copyFile(join(dataDir, name), join(folder, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT' || name === CATALOG_FILE) throw error;
      });
    }
    return load(join(folder, CATALOG_FILE));
  } catch (error) {
    if (isError(error)) error.message = error.message.replaceAll(folder, dataDir);
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a sound catalog holds; null while somebody uses it. @throws CatalogError CORRUPT when it is missing or damaged */
export async function catalogRows(dataDir: string): Promise<CatalogRows | null> {
  const file = join(dataDir, CATALOG_FILE);
  if (!existsSync(file)) throw new CatalogError('CORRUPT', `${file} is missing. ${wayOut(file)}`);
  if (isInUse(file)) return null;
  return await readCopy(dataDir).catch((error: unknown) => {
    throw toCatalogError(error, file);
  });
}

/**
 * Says which segment files hold records. What a start deletes may look damaged: a merge was killed before it was done.
 * Without a catalog that tells, all do.
 */
export async function needsSegment(dataDir: string): Promise<(name: string) => boolean> {
  const loaded = await catalogRows(dataDir).catch(() => null);
  if (loaded === null) return () => true;
  const { segments } = publishedSegments(loaded.rows);
  const names = new Set(segments.map(({ descriptor }) => segmentFileName(descriptor)));
  return (name) => names.has(name);
}

/** How far the catalog knows the journal to have gone; null where it says nothing, or cannot be read. */
export async function knownEnd(dataDir: string): Promise<JournalEnd | null> {
  const report = await inspectCatalog(dataDir).catch(() => null);
  const { endSequence = null, endPosition = null } = report?.facts ?? {};
  if (typeof endSequence !== 'number') return null;
  return { sequence: endSequence, position: typeof endPosition === 'number' ? endPosition : null };
}

/** Reads the catalog of a data directory: every row's checksum and their digest, and whether its segments are there. */
export async function inspectCatalog(dataDir: string): Promise<FileReport> {
  const path = join(dataDir, CATALOG_FILE);
  const { size } = await stat(path);
  const report = { path, kind: 'catalog', byteLength: size, version: null } as const;
  if (isInUse(path)) return { ...report, facts: { state: 'in use, not looked at' }, damage: [] };
  try {
    const catalog = await readCopy(dataDir);
    const { segments } = publishedSegments(catalog.rows);
    const names = segments.map(({ descriptor }) => segmentFileName(descriptor));
    const missing = names.map((name) => join(dataDir, SEGMENTS_FOLDER, name)).filter((one) => !existsSync(one));
    const what = 'the catalog has this segment, and it is missing: put it back, or give up what was in it';
    const damage = missing.map((one) => ({ path: one, position: 0, what, isDerived: false }));
    return { ...report, facts: { state: 'whole', ...factsOf(catalog) }, damage };
  } catch (error) {
    const what = `it cannot be read: ${(error as Error).message}`;
    return { ...report, facts: { state: 'damaged' }, damage: [{ path, position: 0, what, isDerived: false }] };
  }
}
