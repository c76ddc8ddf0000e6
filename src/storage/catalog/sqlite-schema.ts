/**
 * Opening the catalog's SQLite file: the lock, the schema and its versions.
 *
 * Schema versions: 1, the first, with tables of its own for topics, partitions and configs and no checksums; 2: one
 * table of rows, each with a checksum (`rows.ts`); 3: a row of features may be among them; 4: rows of segments, too,
 * without which the journal is not whole. A file of an older version is
 * upgraded in one transaction; a file of a newer one is refused untouched.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { sequenceOfName } from '../format/format.ts';
import { JOURNAL_FOLDER } from '../options.ts';
import { CatalogError } from './catalog-error.ts';
import { CATALOG_FILE } from './catalog-file.ts';
import { LOCK_FILE } from './directory-lock.ts';
import { makeDirectories } from './make-directories.ts';
import { RESERVE_FILE } from './reserve.ts';
import { checksum, type CatalogRows, newCluster } from './rows.ts';
import { DamagedRow, type SqliteDatabase } from './sqlite-database.ts';
import { toCatalogError, unusable, wayOut } from './sqlite-errors.ts';
import { openSqlite } from './sqlite-module.ts';
import { upgradeFromFirst } from './sqlite-upgrade.ts';

/** `Wlka`, SQLite's mark of whose file it is. */
const APPLICATION_ID = 0x576c6b61;

const VERSION = 4;

const SCHEMA = `
  CREATE TABLE schema_version (version INTEGER NOT NULL, checksum INTEGER NOT NULL) STRICT;
  INSERT INTO schema_version VALUES (${VERSION}, ${versionChecksum(VERSION)});
  CREATE TABLE rows (
    kind TEXT NOT NULL, key TEXT NOT NULL, text TEXT NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (kind, key)) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};`;

function versionChecksum(version: number): number {
  return checksum('schema', '', String(version));
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0);
}

/** The version of the schema; 0 in a file without tables. @throws CatalogError FOREIGN, or what SQLite throws */
function versionOf(db: DatabaseSync, file: string, hasJournal: boolean): number {
  const tables = Number(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'] ?? 0);
  if (tables === 0) return 0;
  if (pragma(db, 'application_id') !== APPLICATION_ID) {
    if (hasJournal)
      throw unusable(file, 'is not the catalog of the journal beside it: another program made it, or it is damaged');
    throw new CatalogError('FOREIGN', `${file} belongs to another program.`);
  }
  const { version, checksum: stored } = db.prepare('SELECT * FROM schema_version').get() ?? {};
  if (stored === undefined && version !== 1) throw new DamagedRow('the version of its schema is not as it was written');
  if (stored !== undefined && stored !== versionChecksum(Number(version))) {
    throw new DamagedRow('the version of its schema is not as it was written');
  }
  return Number(version);
}

/** Brings the schema to this release's version, in the transaction that is open. */
export function upgrade(db: DatabaseSync, file: string, hasJournal: boolean): void {
  const version = versionOf(db, file, hasJournal);
  if (version > VERSION) {
    const known = `this one knows versions up to ${VERSION}`;
    throw new CatalogError('TOO_NEW', `${file} was written by a newer release (catalog version ${version}; ${known}).`);
  }
  if (version === 0) db.exec(SCHEMA);
  if (version === 1) upgradeFromFirst(db, SCHEMA);
  if (version === 2 || version === 3) {
    db.exec(`UPDATE schema_version SET version = ${VERSION}, checksum = ${versionChecksum(VERSION)}`);
  }
}

/** Whether the directory has a journal with anything in it. */
function hasJournalFiles(dataDir: string): boolean {
  if (!readdirSync(dataDir).includes(JOURNAL_FOLDER)) return false;
  return readdirSync(join(dataDir, JOURNAL_FOLDER)).some((name) => sequenceOfName(name) !== undefined);
}

/** Hidden files, what mkfs leaves in a fresh volume, a journal that was not begun, and what only takes up space. */
function isNobodys(name: string): boolean {
  return name.startsWith('.') || ['lost+found', JOURNAL_FOLDER, RESERVE_FILE, LOCK_FILE].includes(name);
}

/** A directory without a catalog must be as good as empty: what lies there may be somebody's, or a journal's remains. */
function refuseForeign(dataDir: string, hasJournal: boolean): void {
  const names = readdirSync(dataDir);
  const remedy = 'Choose another directory, or an empty one.';
  if (names.includes('meta.properties')) {
    throw new CatalogError('FOREIGN', `${dataDir} is a data directory of Apache Kafka (meta.properties). ${remedy}`);
  }
  if (names.includes(CATALOG_FILE)) return;
  const file = join(dataDir, CATALOG_FILE);
  if (hasJournal) throw new CatalogError('CORRUPT', `${file} is missing, but there is a journal. ${wayOut(file)}`);
  const other = names.find((name) => !isNobodys(name));
  if (other !== undefined) {
    throw new CatalogError('FOREIGN', `${dataDir} holds something that is not Walka's (${other}). ${remedy}`);
  }
}

/** A database that was opened, and whether there was a journal already. */
export interface OpenedDatabase {
  readonly db: DatabaseSync;
  readonly hasJournal: boolean;
}

/** Opens an SQLite file for this process alone. */
export function openExclusively(file: string): DatabaseSync {
  const db = openSqlite(file, { timeout: 0 });
  try {
    // In this order: exclusive locking from the first access on needs no shared memory file beside the database.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    db.exec('BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    closeQuietly(db);
    throw error;
  }
}

/** Closes after a failure, which is the one to tell. */
export function closeQuietly(db: DatabaseSync): void {
  try {
    db.close();
  } catch {
    // See above.
  }
}

/**
 * Opens the catalog in `dataDir`, creating what is missing; the lock is held until the database is closed or the
 * process ends.
 * @param lock called once it is sure that the directory is a broker's, before the database is opened
 * @throws CatalogError LOCKED, FOREIGN, TOO_NEW, CORRUPT, DISK_FULL, IO
 */
export function openDatabase(dataDir: string, lock: () => void = () => undefined): OpenedDatabase {
  const file = join(dataDir, CATALOG_FILE);
  let db: DatabaseSync | null = null;
  try {
    makeDirectories(dataDir);
    const hasJournal = hasJournalFiles(dataDir);
    refuseForeign(dataDir, hasJournal);
    lock();
    db = openExclusively(file);
    upgrade(db, file, hasJournal);
    db.exec('COMMIT');
    return { db, hasJournal };
  } catch (error) {
    if (db !== null) closeQuietly(db);
    throw toCatalogError(error, file);
  }
}

/** A new and empty catalog in `file`, with nothing committed yet. */
export function createDatabase(file: string): DatabaseSync {
  const db = openExclusively(file);
  db.exec(SCHEMA);
  return db;
}

/** What an opened catalog holds; a new one is begun with `clusterId`. */
export function loadRows(database: SqliteDatabase, clusterId: string, hasJournal: boolean): CatalogRows {
  if (database.isNew()) {
    if (hasJournal) throw new DamagedRow('it is empty, but there is a journal');
    database.begin(newCluster(clusterId), null);
  }
  return database.load();
}
