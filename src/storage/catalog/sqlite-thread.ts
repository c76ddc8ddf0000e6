/** Calls on the catalog's worker: each is answered in the order in which they were made. */
import type { Worker } from 'node:worker_threads';
import { startThread } from '../../base/thread.ts';
import { CatalogError } from './catalog-error.ts';
import type { CatalogCall, CatalogReply, CatalogRequest } from './sqlite-messages.ts';

/** Called as soon as the answer is there, before any later one; the call is done when it is. */
export type OnAnswer = (value: unknown) => Promise<void>;

interface Pending {
  readonly onAnswer: OnAnswer | null;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class SqliteThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #nextId = 1;
  #failure: CatalogError | null = null;
  #closing: Promise<void> | null = null;

  constructor(dataDir: string) {
    this.#worker = startThread('catalog', { workerData: { dataDir }, youngMb: 2 });
    this.#worker.on('message', (reply: CatalogReply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#fail(new CatalogError('IO', 'The catalog failed.', { cause: error })));
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#fail(new CatalogError('CLOSED', 'The catalog is closed.'));
        resolve();
      });
    });
    this.#worker.unref();
  }

  /** Makes a call; resolves with its answer. */
  call(call: CatalogCall, onAnswer: OnAnswer | null = null): Promise<unknown> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#closing !== null) return Promise.reject(new CatalogError('CLOSED', 'The catalog is closed.'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { onAnswer, resolve, reject });
      // The worker keeps the process alive only while somebody waits for it.
      this.#worker.ref();
      this.#send({ id, ...call });
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#failure === null) {
      this.#worker.ref();
      this.#send({ id: 0, name: 'close', args: [] });
    }
    await this.#exited;
  }

  #send(request: CatalogRequest): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
    this.#worker.postMessage(request);
  }

  #settle(reply: CatalogReply): void {
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0 && this.#closing === null) this.#worker.unref();
    if ('error' in reply) pending.reject(new CatalogError(reply.error.code, reply.error.message));
    else if (pending.onAnswer === null) pending.resolve(reply.value);
    else pending.onAnswer(reply.value).then(() => pending.resolve(reply.value), pending.reject);
  }

  #fail(error: CatalogError): void {
    this.#failure ??= error;
    for (const pending of this.#pending.values()) pending.reject(this.#failure);
    this.#pending.clear();
  }
}
