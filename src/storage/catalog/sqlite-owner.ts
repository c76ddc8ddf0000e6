/** Has the catalog's database open, on whichever thread: carries out calls, and keeps the reserve whole. */
import { join } from 'node:path';
import { systemClock, type Timer } from '../../base/clock.ts';
import { CATALOG_FILE } from './catalog-file.ts';
import { CatalogError } from './catalog-error.ts';
import { CatalogReserve } from './reserve.ts';
import { failure, SqliteBatches } from './sqlite-batch.ts';
import type { CatalogReply, CatalogRequest } from './sqlite-messages.ts';
import { openDatabase, type OpenedDatabase } from './sqlite-schema.ts';

const MAKE_WHOLE_MS = 500;
const AT_START: ReadonlySet<string> = new Set(['load', 'start']);

export class SqliteOwner {
  readonly #file: string;
  readonly #reserve: CatalogReserve;
  readonly #opened: SqliteBatches | { readonly error: unknown };
  /** Makes the reserve whole, now and then while it is not. */
  #making: Timer | null = null;

  /**
   * Opens the database. What goes wrong is the answer to every call.
   * @param open by default `openDatabase`
   */
  constructor(dataDir: string, open: (dataDir: string) => OpenedDatabase = openDatabase) {
    this.#file = join(dataDir, CATALOG_FILE);
    this.#reserve = new CatalogReserve(dataDir);
    this.#opened = this.#open(() => open(dataDir));
  }

  #open(open: () => OpenedDatabase): SqliteBatches | { readonly error: unknown } {
    for (;;) {
      try {
        const giveRoom = (call: string): boolean =>
          AT_START.has(call) ? this.#reserve.giveAtStart() : this.#reserve.give();
        return new SqliteBatches(open(), this.#file, giveRoom);
      } catch (error) {
        const isFull = error instanceof CatalogError && error.code === 'DISK_FULL';
        if (!isFull || !this.#reserve.giveAtStart()) return { error };
      }
    }
  }

  /** Replies in the order of the requests; what a reply reports is durable. */
  run(requests: readonly CatalogRequest[]): CatalogReply[] {
    const opened = this.#opened;
    if (opened instanceof SqliteBatches) return opened.run(requests);
    return requests.map(({ id, name }) =>
      name === 'close' ? { id, value: null } : failure(id, opened.error, this.#file),
    );
  }

  /** Takes back what the reserve gave, as far as there is room. @returns whether it is whole */
  makeReserveWhole(): boolean {
    if (this.#opened instanceof SqliteBatches) this.#reserve.makeWhole();
    return this.#reserve.isWhole;
  }

  /** Does so now and then, until it is whole. */
  makeReserveWholeLater(): void {
    if (this.#reserve.isWhole || !(this.#opened instanceof SqliteBatches)) return;
    this.#making ??= systemClock.setTimer(MAKE_WHOLE_MS, () => {
      this.#making = null;
      this.makeReserveWhole();
      this.makeReserveWholeLater();
    });
  }

  /** Leaves nothing in SQLite's log, so that closing has nothing to sync. */
  settle(): void {
    if (this.#opened instanceof SqliteBatches) this.#opened.emptyLog();
  }

  close(): void {
    this.#making?.cancel();
    if (!(this.#opened instanceof SqliteBatches)) return;
    this.#opened.close();
    // The log went with the database: what it took may be what is missing.
    this.#reserve.makeWhole();
  }
}
