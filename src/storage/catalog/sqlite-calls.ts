/**
 * Calls on the catalog's database, each answered in the order in which they were made.
 *
 * A start opens the database and is served here, since nothing else can go on before it. What comes after it is served
 * by a thread, which is begun with the first call: a broker whose topics do not change, and that nobody writes to, does
 * without its memory.
 */
import { CatalogError } from './catalog-error.ts';
import { type DirectoryLock, lockDirectory } from './directory-lock.ts';
import type { CatalogCall } from './sqlite-messages.ts';
import { SqliteOwner } from './sqlite-owner.ts';
import { openDatabase } from './sqlite-schema.ts';
import { type OnAnswer, SqliteThread } from './sqlite-thread.ts';

export class SqliteCalls {
  readonly #dataDir: string;
  #lock: DirectoryLock | null = null;
  /** Until a thread has the database. */
  #owner: SqliteOwner | null;
  #thread: SqliteThread | null = null;
  #isStarted = false;
  #closing: Promise<void> | null = null;

  /** Opens the database, and locks the directory; what goes wrong is the answer to every call. */
  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.#owner = new SqliteOwner(dataDir, () => openDatabase(dataDir, () => (this.#lock ??= lockDirectory(dataDir))));
  }

  /** Makes a call; resolves with its answer. @param onAnswer is called before any later call is answered */
  call(call: CatalogCall, onAnswer: OnAnswer | null = null): Promise<unknown> {
    if (this.#closing !== null) return Promise.reject(new CatalogError('CLOSED', 'The catalog is closed.'));
    // What a clean stop says last is not worth a thread.
    if (this.#owner !== null && (!this.#isStarted || call.name === 'ended'))
      return this.#here(this.#owner, call, onAnswer);
    return this.#onThread().call(call, onAnswer);
  }

  #here(owner: SqliteOwner, call: CatalogCall, onAnswer: OnAnswer | null): Promise<unknown> {
    const [reply] = owner.run([{ id: 0, ...call }]);
    if (reply === undefined || 'error' in reply) {
      const { code, message } = reply?.error ?? { code: 'IO', message: 'The catalog did not answer.' };
      return Promise.reject(new CatalogError(code, message));
    }
    if (call.name === 'start') this.#started(owner);
    if (onAnswer === null) return Promise.resolve(reply.value);
    return onAnswer(reply.value).then(() => reply.value);
  }

  #started(owner: SqliteOwner): void {
    this.#isStarted = true;
    owner.settle();
    // Where there is no room for it yet, the thread tries again.
    if (!owner.makeReserveWhole()) this.#onThread();
  }

  #onThread(): SqliteThread {
    if (this.#thread === null) {
      this.#owner?.close();
      this.#owner = null;
      this.#thread = new SqliteThread(this.#dataDir);
    }
    return this.#thread;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#owner?.close();
    this.#owner = null;
    await this.#thread?.close();
    this.#lock?.close();
  }
}
