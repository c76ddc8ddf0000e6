/**
 * Opening the catalog's SQLite file: the lock, the schema and its versions.
 *
 * Schema versions: 1, the first. A file of an older version is upgraded step by step in one transaction; a file of a
 * newer one is refused untouched.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { JOURNAL_FOLDER } from '../options.ts';
import { CatalogError, type CatalogErrorCode } from './catalog-error.ts';
import { makeDirectories } from './make-directories.ts';

/** The catalog's file in the data directory. */
export const CATALOG_FILE = 'catalog.db';

/** `Wlka`, SQLite's mark of whose file it is. */
const APPLICATION_ID = 0x576c6b61;

/** Step n takes a file from version n to n + 1. */
const UPGRADES: readonly string[] = [
  `CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;
   INSERT INTO schema_version VALUES (0);
   CREATE TABLE cluster (
     only INTEGER PRIMARY KEY CHECK (only = 1), id TEXT NOT NULL, starts INTEGER NOT NULL,
     next_stream INTEGER NOT NULL, next_producer_id INTEGER NOT NULL) STRICT;
   CREATE TABLE topics (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, configs TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE partition_runs (
     topic_id TEXT NOT NULL, first_index INTEGER NOT NULL, count INTEGER NOT NULL, first_stream INTEGER NOT NULL,
     created_at_start INTEGER NOT NULL, PRIMARY KEY (topic_id, first_index)) STRICT, WITHOUT ROWID;
   CREATE TABLE configs (
     resource_type INTEGER NOT NULL, resource_name TEXT NOT NULL, configs TEXT NOT NULL,
     PRIMARY KEY (resource_type, resource_name)) STRICT, WITHOUT ROWID;`,
];

const SQLITE_CODES: Readonly<Record<number, CatalogErrorCode>> = {
  5: 'LOCKED',
  6: 'LOCKED',
  11: 'CORRUPT',
  13: 'DISK_FULL',
  26: 'CORRUPT',
};

/** What went wrong below, as the catalog's own error. */
export function toCatalogError(error: unknown, file: string): CatalogError {
  if (error instanceof CatalogError) return error;
  const primary = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : -1;
  const code = SQLITE_CODES[primary] ?? 'IO';
  const reason = error instanceof Error ? error.message : String(error);
  const text = code === 'LOCKED' ? `Another broker has ${file} open.` : `${file}: ${reason}.`;
  return new CatalogError(code, text, { cause: error });
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0);
}

function upgrade(db: DatabaseSync, file: string): void {
  const applicationId = pragma(db, 'application_id');
  const tables = Number(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'] ?? 0);
  if (applicationId !== APPLICATION_ID && tables > 0) {
    throw new CatalogError('FOREIGN', `${file} belongs to another program.`);
  }
  const version = tables === 0 ? 0 : Number(db.prepare('SELECT version FROM schema_version').get()?.['version']);
  if (version > UPGRADES.length) {
    const known = `this one knows versions up to ${UPGRADES.length}`;
    throw new CatalogError('TOO_NEW', `${file} was written by a newer release (catalog version ${version}; ${known}).`);
  }
  if (version === UPGRADES.length) return;
  for (const step of UPGRADES.slice(version)) db.exec(step);
  db.prepare('UPDATE schema_version SET version = ?').run(UPGRADES.length);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
}

/** A directory without a catalog must be as good as empty: what lies there may be somebody's, or a journal's remains. */
function refuseForeign(dataDir: string): void {
  const names = readdirSync(dataDir);
  const remedy = 'Choose another directory, or an empty one.';
  if (names.includes('meta.properties')) {
    throw new CatalogError('FOREIGN', `${dataDir} is a data directory of Apache Kafka (meta.properties). ${remedy}`);
  }
  if (names.includes(CATALOG_FILE)) return;
  if (names.includes(JOURNAL_FOLDER)) {
    const missing = `${dataDir} has a journal, but its ${CATALOG_FILE} is missing.`;
    throw new CatalogError('FOREIGN', `${missing} Restore it from a copy, or choose an empty directory.`);
  }
  // Hidden files and what mkfs leaves in a fresh volume belong to nobody.
  const other = names.find((name) => !name.startsWith('.') && name !== 'lost+found');
  if (other !== undefined) {
    throw new CatalogError('FOREIGN', `${dataDir} holds something that is not Walka's (${other}). ${remedy}`);
  }
}

/**
 * Opens the catalog in `dataDir`, creating what is missing; the lock is held until the database is closed or the
 * process ends.
 * @throws CatalogError LOCKED, FOREIGN, TOO_NEW, CORRUPT, DISK_FULL, IO
 */
export function openDatabase(dataDir: string): DatabaseSync {
  const file = join(dataDir, CATALOG_FILE);
  let db: DatabaseSync | null = null;
  try {
    makeDirectories(dataDir);
    refuseForeign(dataDir);
    db = new DatabaseSync(file, { timeout: 0 });
    // In this order: exclusive locking from the first access on needs no shared memory file beside the database.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    db.exec('BEGIN EXCLUSIVE');
    upgrade(db, file);
    db.exec('COMMIT');
    return db;
  } catch (error) {
    try {
      db?.close();
    } catch {
      // The first failure is the one to tell.
    }
    throw toCatalogError(error, file);
  }
}
