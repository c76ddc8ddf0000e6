/**
 * The lock of a data directory while a broker runs on it: an empty file that SQLite has locked.
 *
 * The catalog's own lock says the same, also to earlier releases. But the catalog is opened by one thread and later by
 * another, and nobody may come in between.
 */
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { CATALOG_FILE } from './catalog-file.ts';
import { toCatalogError } from './sqlite-errors.ts';
import { openSqlite } from './sqlite-module.ts';

export const LOCK_FILE = 'catalog.lock';

/** Held until it is closed, or the process ends. */
export interface DirectoryLock {
  close(): void;
}

/** @throws CatalogError LOCKED when another broker has it, IO */
export function lockDirectory(dataDir: string): DirectoryLock {
  let db: DatabaseSync | null = null;
  try {
    db = openSqlite(join(dataDir, LOCK_FILE), { timeout: 0 });
    // Nothing is ever written: it needs no journal beside it, for which a full disk had no room.
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db?.close();
    throw toCatalogError(error, join(dataDir, CATALOG_FILE));
  }
}
