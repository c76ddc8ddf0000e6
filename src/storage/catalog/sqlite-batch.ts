/**
 * Runs the catalog's calls: those that came together share one transaction, each in a savepoint of its own, so that one
 * sync of the disk serves them all.
 */
import type { DatabaseSync } from 'node:sqlite';
import { loadRows, type OpenedDatabase } from './sqlite-schema.ts';
import { SqliteDatabase } from './sqlite-database.ts';
import { toCatalogError } from './sqlite-errors.ts';
import type { CatalogReply, CatalogRequest } from './sqlite-messages.ts';

/** Calls in one transaction at most. */
export const MAX_BATCH = 256;

export class SqliteBatches {
  readonly #db: DatabaseSync;
  readonly #database: SqliteDatabase;
  readonly #hasJournal: boolean;
  /** For messages. */
  readonly #file: string;

  constructor({ db, hasJournal }: OpenedDatabase, file: string) {
    this.#db = db;
    this.#database = new SqliteDatabase(db);
    this.#hasJournal = hasJournal;
    this.#file = file;
  }

  /** Replies in the order of the requests; what a reply reports is durable. */
  run(requests: readonly CatalogRequest[]): CatalogReply[] {
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      const replies = requests.map((request) => this.#runOne(request));
      this.#db.exec('COMMIT');
      return replies;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      // Nothing of it took effect: what can be done alone is done alone.
      if (requests.length > 1) return requests.flatMap((request) => this.run([request]));
      return requests.map(({ id }) => failure(id, error, this.#file));
    }
  }

  close(): void {
    this.#db.close();
  }

  #runOne(request: CatalogRequest): CatalogReply {
    if (request.name === 'close') return { id: request.id, value: null };
    this.#db.exec('SAVEPOINT one');
    try {
      const value = this.#call(request);
      this.#db.exec('RELEASE one');
      return { id: request.id, value };
    } catch (error) {
      // A full disk can end the whole transaction, with whatever was done in it.
      if (!this.#db.isTransaction) throw error;
      this.#db.exec('ROLLBACK TO one; RELEASE one');
      return failure(request.id, error, this.#file);
    }
  }

  #call(request: CatalogRequest): unknown {
    if (request.name === 'load') return loadRows(this.#database, request.args[0], this.#hasJournal);
    const method = this.#database[request.name as keyof SqliteDatabase] as (...args: readonly unknown[]) => unknown;
    return method.apply(this.#database, request.args);
  }
}

/** A call that failed, as the other side is told. */
export function failure(id: number, error: unknown, file: string): CatalogReply {
  const { code, message } = toCatalogError(error, file);
  return { id, error: { code, message } };
}
