/**
 * The worker that owns the catalog's database. Calls that are waiting together share one transaction, each in a
 * savepoint of its own, so that one sync of the disk serves them all; replies go out after it.
 */
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { SqliteDatabase } from './sqlite-database.ts';
import type { CatalogReply, CatalogRequest } from './sqlite-messages.ts';
import { CATALOG_FILE, openDatabase, toCatalogError } from './sqlite-schema.ts';

/** Calls in one transaction at most. */
const MAX_BATCH = 256;

const port = parentPort;
const { dataDir } = workerData as { readonly dataDir: string };

interface Opened {
  readonly db: DatabaseSync;
  readonly database: SqliteDatabase;
}

function failure(id: number, error: unknown): CatalogReply {
  const { code, message } = toCatalogError(error, join(dataDir, CATALOG_FILE));
  return { id, error: { code, message } };
}

function runOne({ db, database }: Opened, request: CatalogRequest): CatalogReply {
  if (request.name === 'close') return { id: request.id, value: null };
  if (!db.isTransaction) throw new Error('The transaction was rolled back.');
  db.exec('SAVEPOINT one');
  try {
    const method = database[request.name] as (...args: readonly unknown[]) => unknown;
    const value = method.apply(database, request.args);
    db.exec('RELEASE one');
    return { id: request.id, value };
  } catch (error) {
    // A full disk ends the whole transaction; then there is no savepoint left to go back to.
    if (db.isTransaction) db.exec('ROLLBACK TO one; RELEASE one');
    return failure(request.id, error);
  }
}

function runAll(opened: Opened, requests: readonly CatalogRequest[]): CatalogReply[] {
  const { db } = opened;
  try {
    db.exec('BEGIN IMMEDIATE');
    const replies = requests.map((request) => runOne(opened, request));
    db.exec('COMMIT');
    return replies;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    // Nothing of it took effect: what can be done alone is done alone.
    if (requests.length > 1) return requests.flatMap((request) => runAll(opened, [request]));
    return requests.map(({ id }) => failure(id, error));
  }
}

function waiting(first: CatalogRequest): CatalogRequest[] {
  const requests = [first];
  while (requests.length < MAX_BATCH && requests.at(-1)?.name !== 'close') {
    const next = port === null ? undefined : receiveMessageOnPort(port);
    if (next === undefined) break;
    requests.push(next.message as CatalogRequest);
  }
  return requests;
}

function open(): Opened | { readonly error: unknown } {
  try {
    const db = openDatabase(dataDir);
    return { db, database: new SqliteDatabase(db) };
  } catch (error) {
    return { error };
  }
}

function answer(opened: Opened | { readonly error: unknown }, requests: readonly CatalogRequest[]): CatalogReply[] {
  if ('db' in opened) return runAll(opened, requests);
  return requests.map(({ id, name }) => (name === 'close' ? { id, value: null } : failure(id, opened.error)));
}

const opened = open();
port?.on('message', (first: CatalogRequest) => {
  const requests = waiting(first);
  const replies = answer(opened, requests);
  const closing = requests.at(-1)?.name === 'close';
  if (closing && 'db' in opened) opened.db.close();
  for (const reply of replies) port.postMessage(reply);
  if (closing) port.close();
});
