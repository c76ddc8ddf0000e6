/**
 * The catalog on one machine: an SQLite file in the data directory, in a worker thread. The file's lock is the data
 * directory's lock.
 */
import { Worker } from 'node:worker_threads';
import { CatalogError } from './catalog-error.ts';
import { type MakeRoom, withRoom } from './room.ts';
import { type ImageRows, type TopicRow, toImage, toPairs, toTopic } from './rows.ts';
import type { CatalogCall, CatalogReply, CatalogRequest } from './sqlite-messages.ts';
import type { Catalog, CatalogImage, CatalogTopic } from './types.ts';

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The worker's file, beside this one and of the same kind: source or built. */
function workerFile(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.js', import.meta.url);
}

export class SqliteCatalog implements Catalog {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #nextId = 1;
  #failure: CatalogError | null = null;
  #closing: Promise<void> | null = null;
  #makeRoom: MakeRoom | null = null;

  /**
   * Starts the worker, which opens the database at once: make the catalog early and call `start` when its image is
   * needed. What goes wrong there is told by `start`: LOCKED, FOREIGN, TOO_NEW, CORRUPT, DISK_FULL, IO.
   */
  constructor(dataDir: string) {
    this.#worker = new Worker(workerFile(), {
      workerData: { dataDir },
      // Flags of the program that embeds a broker (--input-type, --import) are not meant for this worker.
      execArgv: [],
      // Node 24 warns that its SQLite is experimental; that is no news for somebody who starts a broker.
      env: { NODE_NO_WARNINGS: '1' },
      resourceLimits: { maxYoungGenerationSizeMb: 2 },
    });
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

  async start(clusterId: string): Promise<CatalogImage> {
    return toImage((await this.#call({ name: 'start', args: [clusterId] })) as ImageRows);
  }

  async createTopic(
    name: string,
    id: string,
    partitionCount: number,
    configs: ReadonlyMap<string, string>,
  ): Promise<CatalogTopic> {
    const call: CatalogCall = { name: 'createTopic', args: [name, id, partitionCount, toPairs(configs)] };
    return toTopic((await this.#call(call)) as TopicRow);
  }

  async addPartitions(id: string, partitionCount: number): Promise<CatalogTopic> {
    return toTopic((await this.#call({ name: 'addPartitions', args: [id, partitionCount] })) as TopicRow);
  }

  async deleteTopic(id: string): Promise<void> {
    await this.#call({ name: 'deleteTopic', args: [id] });
  }

  async setTopicConfigs(id: string, configs: ReadonlyMap<string, string>): Promise<void> {
    await this.#call({ name: 'setTopicConfigs', args: [id, toPairs(configs)] });
  }

  async setConfigs(resourceType: number, resourceName: string, configs: ReadonlyMap<string, string>): Promise<void> {
    await this.#call({ name: 'setConfigs', args: [resourceType, resourceName, toPairs(configs)] });
  }

  async allocateProducerIds(count: number): Promise<bigint> {
    return BigInt((await this.#call({ name: 'allocateProducerIds', args: [count] })) as number);
  }

  onDiskFull(makeRoom: MakeRoom): void {
    this.#makeRoom = makeRoom;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    if (this.#failure === null) {
      this.#worker.ref();
      this.#send({ id: 0, name: 'close', args: [] });
    }
    await this.#exited;
  }

  #call(call: CatalogCall): Promise<unknown> {
    return withRoom(() => this.#callOnce(call), this.#makeRoom);
  }

  #callOnce(call: CatalogCall): Promise<unknown> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#closing !== null) return Promise.reject(new CatalogError('CLOSED', 'The catalog is closed.'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      // The worker keeps the process alive only while somebody waits for it.
      this.#worker.ref();
      this.#send({ id, ...call });
    });
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
    else pending.resolve(reply.value);
  }

  #fail(error: CatalogError): void {
    this.#failure ??= error;
    for (const pending of this.#pending.values()) pending.reject(this.#failure);
    this.#pending.clear();
  }
}
