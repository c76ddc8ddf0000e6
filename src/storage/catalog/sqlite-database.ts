/** The catalog's calls as SQL, synchronous: what the worker runs inside its transactions. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { SegmentChange } from '../convert/publication.ts';
import type { JournalEnd } from '../types.ts';
import * as changes from './changes.ts';
import { encodeBatch, encodeImage } from './journal-copy.ts';
import {
  addToDigest,
  type CatalogChange,
  type CatalogRows,
  checksum,
  type ClusterRow,
  type ConfigPairs,
  NO_DIGEST,
  type RowKind,
  type StoredRow,
  type TopicRow,
} from './rows.ts';
import type { CatalogFeatures } from './types.ts';

/** What a call gives, with what the journal is to be told of it, if anything changed. */
export interface Changed<T> {
  readonly value: T;
  readonly journal: Uint8Array<ArrayBuffer> | null;
}

/** Rows that are of no kind: how they stand, and how far the journal went. */
const CLUSTER = 'cluster';
const END = 'end';

/** Something in the database is not as it was written. */
export class DamagedRow extends Error {}

export class SqliteDatabase implements changes.RowSource {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Everything, each row checked, and all together. @throws DamagedRow */
  load(): CatalogRows {
    const rows: StoredRow[] = [];
    let digest = NO_DIGEST;
    for (const row of this.#sql('SELECT kind, key, text, checksum FROM rows').iterate()) {
      const [kind, key, text] = [String(row['kind']), String(row['key']), String(row['text'])];
      const sum = checksum(kind, key, text);
      if (sum !== row['checksum']) throw new DamagedRow(`the row of ${kind} ${key || 'data'} is not as it was written`);
      if (kind === CLUSTER || kind === END) continue;
      digest = addToDigest(digest, sum, 1);
      rows.push([kind as RowKind, key, text]);
    }
    const cluster = this.cluster();
    if (digest !== cluster.digest) throw new DamagedRow('rows are missing, or are there that should not be');
    return { cluster, rows, end: JSON.parse(this.#special(END)) as JournalEnd | null };
  }

  /** True when nothing was ever stored. */
  isNew(): boolean {
    return this.#sql('SELECT 1 FROM rows LIMIT 1').get() === undefined;
  }

  /** Makes the rows that every catalog has. */
  begin(cluster: ClusterRow, end: JournalEnd | null): void {
    this.#put(CLUSTER, '', JSON.stringify(cluster));
    this.ended(end);
  }

  cluster(): ClusterRow {
    return JSON.parse(this.#special(CLUSTER)) as ClusterRow;
  }

  find(kind: RowKind, key: string): string | undefined {
    return this.#text(kind, key);
  }

  /** Counts a start on a journal that goes on in the file with this sequence. */
  start(sequence: number, features: CatalogFeatures | undefined): Changed<null> {
    // Of a file that goes on it stays known how much of it there must be.
    if (this.#end()?.sequence !== sequence) this.goesOnIn(sequence);
    return this.#make(changes.countStart(this, features));
  }

  createTopic(name: string, id: string, count: number, configs: ConfigPairs): Changed<TopicRow> {
    return this.#make(changes.createTopic(this, { name, id, configs }, count));
  }

  addPartitions(name: string, count: number): Changed<TopicRow> {
    return this.#make(changes.addPartitions(this, name, count));
  }

  deleteTopic(name: string): Changed<null> {
    return this.#make(changes.deleteTopic(this, name));
  }

  endDeletion(id: string): Changed<null> {
    return this.#make(changes.endDeletion(this, id));
  }

  setTopicConfigs(name: string, configs: ConfigPairs): Changed<null> {
    return this.#make(changes.setTopicConfigs(this, name, configs));
  }

  setConfigs(resourceType: number, resourceName: string, configs: ConfigPairs): Changed<null> {
    return this.#make(changes.setConfigs(this, resourceType, resourceName, configs));
  }

  setFeatures(features: CatalogFeatures): Changed<null> {
    return this.#make(changes.setFeatures(this, features));
  }

  publishSegments(change: SegmentChange): Changed<null> {
    return this.#make(changes.publishSegments(this, change));
  }

  allocateProducerIds(count: number): Changed<number> {
    return this.#make(changes.allocateProducerIds(this, count));
  }

  goesOnIn(sequence: number): void {
    this.ended({ sequence, position: null });
  }

  reached(end: JournalEnd): void {
    const known = this.#end();
    if (known === null || known.sequence <= end.sequence) this.ended(end);
  }

  #end(): JournalEnd | null {
    return JSON.parse(this.#special(END)) as JournalEnd | null;
  }

  ended(end: JournalEnd | null): void {
    this.#put(END, '', JSON.stringify(end));
  }

  /** All rows, as the journal takes them. */
  image(): Uint8Array<ArrayBuffer>[] {
    const { cluster, rows } = this.load();
    return encodeImage(cluster, rows);
  }

  /** Makes a change that was computed from this catalog, or from its like. */
  apply({ cluster, put, remove }: CatalogChange): void {
    for (const [kind, key] of remove) this.#sql('DELETE FROM rows WHERE kind = ? AND key = ?').run(kind, key);
    for (const row of put) this.#put(...row);
    this.#put(CLUSTER, '', JSON.stringify(cluster));
  }

  #make<T>({ value, change }: changes.Planned<T>): Changed<T> {
    if (change === null) return { value, journal: null };
    this.apply(change);
    return { value, journal: encodeBatch(change) };
  }

  #put(kind: string, key: string, text: string): void {
    this.#sql('INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)').run(kind, key, text, checksum(kind, key, text));
  }

  #text(kind: string, key: string): string | undefined {
    const row = this.#sql('SELECT text FROM rows WHERE kind = ? AND key = ?').get(kind, key);
    return row === undefined ? undefined : String(row['text']);
  }

  #special(kind: string): string {
    const text = this.#text(kind, '');
    if (text === undefined) throw new DamagedRow(`the row of the ${kind} is missing`);
    return text;
  }

  #sql(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
