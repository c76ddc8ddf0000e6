/**
 * Runs the catalog's calls: those that came together share one transaction, each in a savepoint of its own, so that one
 * sync of the disk serves them all.
 */
import type { DatabaseSync } from 'node:sqlite';
import { loadRows, type OpenedDatabase } from './sqlite-schema.ts';
import { SqliteDatabase } from './sqlite-database.ts';
import { toCatalogError } from './sqlite-errors.ts';
import { mayUseReserve } from './room.ts';
import type { CatalogReply, CatalogRequest } from './sqlite-messages.ts';

/** Calls in one transaction at most. */
export const MAX_BATCH = 256;

function isFull(reply: CatalogReply | undefined): boolean {
  return reply !== undefined && 'error' in reply && reply.error.code === 'DISK_FULL';
}

export class SqliteBatches {
  readonly #db: DatabaseSync;
  readonly #database: SqliteDatabase;
  readonly #hasJournal: boolean;
  /** For messages. */
  readonly #file: string;
  readonly #giveRoom: (call: string) => boolean;

  /** @param giveRoom gives a call some space on a full disk; false when there is none left. */
  constructor({ db, hasJournal }: OpenedDatabase, file: string, giveRoom: (call: string) => boolean = () => false) {
    this.#db = db;
    this.#database = new SqliteDatabase(db);
    this.#hasJournal = hasJournal;
    this.#file = file;
    this.#giveRoom = giveRoom;
  }

  /** Replies in the order of the requests; what a reply reports is durable. */
  run(requests: readonly CatalogRequest[]): CatalogReply[] {
    const replies = this.#runTogether(requests);
    if (replies !== null) return replies;
    // Nothing of it took effect: what can be done alone is done alone.
    return requests.map((request) => this.#runAlone(request));
  }

  #runTogether(requests: readonly CatalogRequest[]): CatalogReply[] | null {
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      const replies = requests.map((request) => this.#runOne(request));
      if (replies.some(isFull)) return this.#rollBack();
      this.#db.exec('COMMIT');
      return replies;
    } catch {
      return this.#rollBack();
    }
  }

  #rollBack(): null {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
    return null;
  }

  /** Also on a full disk, as long as there is room to be had. */
  #runAlone(request: CatalogRequest): CatalogReply {
    let reply = this.#tryAlone(request);
    if (!isFull(reply)) return reply;
    // What is in the log already goes over to the file, so that the log begins anew where it has its blocks.
    this.emptyLog();
    reply = this.#tryAlone(request);
    while (isFull(reply) && mayUseReserve(request.name) && this.#giveRoom(request.name)) {
      this.emptyLog();
      reply = this.#tryAlone(request);
    }
    return reply;
  }

  #tryAlone(request: CatalogRequest): CatalogReply {
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      const reply = this.#runOne(request);
      this.#db.exec('COMMIT');
      return reply;
    } catch (error) {
      this.#rollBack();
      return failure(request.id, error, this.#file);
    }
  }

  /** What is in SQLite's log goes over to the file, if there is room for it. */
  emptyLog(): void {
    try {
      this.#db.exec('PRAGMA wal_checkpoint(RESTART)');
    } catch {
      // The file has no room to grow; the log stays as it is.
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
