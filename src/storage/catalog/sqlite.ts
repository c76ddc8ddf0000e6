/**
 * The catalog on one machine: an SQLite file in the data directory, in a worker thread once it is written to
 * (`sqlite-calls.ts`). Its lock is the data directory's lock. A change is committed there, then appended to the journal's copy, and then its caller is told.
 */
import { join } from 'node:path';
import type { SegmentChange, SegmentPublisher } from '../convert/publication.ts';
import type { JournalEnd, JournalWitness } from '../types.ts';
import { CatalogError } from './catalog-error.ts';
import { checkAgainstJournal } from './check.ts';
import { type CatalogJournal, JournalCopy } from './journal-copy.ts';
import { type MakeRoom, withRoom } from './room.ts';
import { type CatalogRows, type TopicRow, toImage, toPairs, toTopic } from './rows.ts';
import { publishedSegments } from './segment-rows.ts';
import type { Changed } from './sqlite-database.ts';
import { CATALOG_FILE } from './catalog-file.ts';
import { SqliteCalls } from './sqlite-calls.ts';
import type { CatalogCall } from './sqlite-messages.ts';
import type { Catalog, CatalogFeatures, CatalogImage, CatalogTopic } from './types.ts';

export class SqliteCatalog implements Catalog, SegmentPublisher {
  readonly rows = null;
  /** For messages. */
  readonly #file: string;
  readonly #database: SqliteCalls;
  #makeRoom: MakeRoom | null = null;
  /** What was read, until it is compared with the journal. */
  #loaded: CatalogRows | null = null;
  /** How far the journal had gone when the catalog was read. */
  #end: JournalEnd | null = null;
  #copy: JournalCopy | null = null;
  /** Where the journal was when this start had been written to it. */
  #started: JournalEnd | null = null;
  #rewriting: Promise<void> | null = null;

  /**
   * Opens the database. What goes wrong there is told by `load`: LOCKED, FOREIGN, TOO_NEW, CORRUPT, DISK_FULL, IO.
   */
  constructor(dataDir: string) {
    this.#file = join(dataDir, CATALOG_FILE);
    this.#database = new SqliteCalls(dataDir);
  }

  get witness(): JournalWitness {
    return {
      end: this.#end,
      // Not worth making room for: the journal asks while it needs all there is.
      goesOnIn: async (sequence) => void (await this.#database.call({ name: 'goesOnIn', args: [sequence] })),
      reached: async (end) => {
        // A start that may still be refused changes nothing, and that it is counted is known here anyway.
        const { sequence, position } = this.#started ?? end;
        const isNews = end.sequence > sequence || (end.position ?? 0) > (position ?? 0);
        if (this.#started !== null && isNews) await this.#database.call({ name: 'reached', args: [end] });
      },
    };
  }

  async load(clusterId: string): Promise<CatalogImage> {
    const rows = (await this.#call({ name: 'load', args: [clusterId] })) as CatalogRows;
    this.#loaded = rows;
    this.#end = rows.end;
    return toImage(rows);
  }

  async start(journal: CatalogJournal, features?: CatalogFeatures): Promise<void> {
    const loaded = this.#loaded;
    if (loaded === null) throw new CatalogError('CLOSED', 'The catalog is not loaded.');
    this.#loaded = null;
    const copy = new JournalCopy(journal);
    const found = await checkAgainstJournal(this.#file, loaded, copy, journal);
    await journal.openSegments(publishedSegments(loaded.rows));
    await Promise.all(found.leftovers.map((stream) => journal.deleteStream(stream)));
    this.#copy = copy;
    if (!found.isWhole) {
      copy.noteGap();
      await this.#rewrite();
    }
    await this.#change<null>({ name: 'start', args: [journal.end.sequence, features] });
    this.#started = journal.end;
    journal.onCatalogPins(() => this.#rewrite());
    journal.onPublish(this);
  }

  async createTopic(
    name: string,
    id: string,
    partitionCount: number,
    configs: ReadonlyMap<string, string>,
  ): Promise<CatalogTopic> {
    const args: [string, string, number, ReturnType<typeof toPairs>] = [name, id, partitionCount, toPairs(configs)];
    return toTopic(await this.#change<TopicRow>({ name: 'createTopic', args }));
  }

  async addPartitions(name: string, partitionCount: number): Promise<CatalogTopic> {
    return toTopic(await this.#change<TopicRow>({ name: 'addPartitions', args: [name, partitionCount] }));
  }

  async deleteTopic(name: string): Promise<void> {
    await this.#change({ name: 'deleteTopic', args: [name] });
  }

  async endDeletion(id: string): Promise<void> {
    await this.#change({ name: 'endDeletion', args: [id] });
  }

  async setTopicConfigs(name: string, configs: ReadonlyMap<string, string>): Promise<void> {
    await this.#change({ name: 'setTopicConfigs', args: [name, toPairs(configs)] });
  }

  async setConfigs(resourceType: number, resourceName: string, configs: ReadonlyMap<string, string>): Promise<void> {
    await this.#change({ name: 'setConfigs', args: [resourceType, resourceName, toPairs(configs)] });
  }

  async setFeatures(features: CatalogFeatures): Promise<void> {
    await this.#change({ name: 'setFeatures', args: [features] });
  }

  async allocateProducerIds(count: number): Promise<bigint> {
    return BigInt(await this.#change<number>({ name: 'allocateProducerIds', args: [count] }));
  }

  async publish(change: SegmentChange): Promise<void> {
    await this.#change({ name: 'publishSegments', args: [change] });
  }

  onDiskFull(makeRoom: MakeRoom): void {
    this.#makeRoom = makeRoom;
  }

  async ended(end: JournalEnd): Promise<void> {
    if (this.#copy === null) return; // the start was refused, and has changed nothing
    await this.#call({ name: 'ended', args: [end] });
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #call(call: CatalogCall): Promise<unknown> {
    return withRoom(call.name, () => this.#database.call(call), this.#makeRoom);
  }

  /** Makes a change, here and in the journal; in both they come in the same order. */
  async #change<T>(call: CatalogCall): Promise<T> {
    const once = (): Promise<unknown> =>
      this.#database.call(call, (value) => this.#journal((value as Changed<T>).journal));
    return ((await withRoom(call.name, once, this.#makeRoom)) as Changed<T>).value;
  }

  async #journal(change: Uint8Array | null): Promise<void> {
    const copy = this.#copy;
    if (copy === null || change === null) return;
    await copy.append(change);
    if (copy.wantsImage) void this.#rewrite();
  }

  /** Has all rows written to the journal anew, so that it can forget the changes before. */
  #rewrite(): Promise<void> {
    this.#rewriting ??= this.#database
      .call({ name: 'image', args: [] }, async (parts) => this.#copy?.rewrite(parts as Uint8Array[]))
      .then(
        () => undefined,
        () => undefined, // what was there before is still there; it is tried again when it has grown
      )
      .finally(() => {
        this.#rewriting = null;
      });
    return this.#rewriting;
  }
}
