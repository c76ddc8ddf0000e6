/**
 * What the catalog keeps, in the compact shape in which it is stored, journaled and sent between threads: rows of a
 * kind, a key and a text, and one row about the cluster. Partitions made by one call have consecutive stream ids, so a
 * run of them is one item whatever its length.
 *
 *   kind       key                   text (JSON)
 *   topic      name                  [id, [[setting, value], …], [[first index, count, first stream, made at start], …]]
 *   config     resource type:name    [[setting, value], …]
 *   deletion   topic id              [name, runs as above]: a topic whose streams the journal is being told to delete
 *   features   ''                    [epoch, [[feature, level], …]], levels above 0
 *   segment    file name             a published segment (`segment-rows.ts`)
 *   dropped    file name             '': a segment that is none any more, and whose file may be there still
 *   converted  ''                    [newest sequence that is in segments, number of the next merge]
 */
import { crcOfBytes } from '../format/checksum.ts';
import type { JournalEnd } from '../types.ts';
import { PartitionList, type PartitionRun } from './partition-list.ts';
import type { CatalogFeatures, CatalogImage, CatalogPartition, CatalogTopic, DeletedTopic } from './types.ts';

export type { PartitionRun } from './partition-list.ts';

export type RowKind = (typeof ROW_KINDS)[number];

export const ROW_KINDS = ['topic', 'config', 'deletion', 'features', 'segment', 'dropped', 'converted'] as const;

/** Kind, key, text. */
export type StoredRow = readonly [kind: RowKind, key: string, text: string];

/** What names a row. */
export type RowName = readonly [kind: RowKind, key: string];

/** Settings as name and value pairs, sorted by name. */
export type ConfigPairs = readonly (readonly [string, string])[];

export interface TopicRow {
  readonly name: string;
  readonly id: string;
  readonly configs: ConfigPairs;
  /** Sorted by first index, without gaps. */
  readonly runs: readonly PartitionRun[];
}

export interface DeletionRow {
  readonly name: string;
  readonly id: string;
  readonly runs: readonly PartitionRun[];
}

/** The cluster, and how the rows stand: part of every change. */
export interface ClusterRow {
  readonly id: string;
  readonly starts: number;
  readonly nextStream: number;
  readonly nextProducerId: number;
  /** Number of changes so far. */
  readonly generation: number;
  /** Sum of the checksums of all rows. */
  readonly digest: number;
}

/** One change, as the rows and the cluster are after it. */
export interface CatalogChange {
  readonly cluster: ClusterRow;
  readonly put: readonly StoredRow[];
  readonly remove: readonly RowName[];
}

/** All that a catalog holds, as its worker sends it. */
export interface CatalogRows {
  readonly cluster: ClusterRow;
  readonly rows: readonly StoredRow[];
  /** How far the journal is known to have gone; null in a catalog that never saw one. */
  readonly end: JournalEnd | null;
}

/** Sums of checksums are kept below this. */
const DIGEST_LIMIT = 2 ** 48;

export const NO_DIGEST = 0;

export function newCluster(id: string): ClusterRow {
  return { id, starts: 0, nextStream: 1, nextProducerId: 0, generation: 0, digest: NO_DIGEST };
}

/** A checksum over anything that is kept under a kind and a key. */
export function checksum(kind: string, key: string, text: string): number {
  return crcOfBytes(Buffer.from(`${kind}\0${key}\0${text}`));
}

/** The digest with a row's checksum added, or with `sign` -1 taken out. */
export function addToDigest(digest: number, rowChecksum: number, sign: 1 | -1): number {
  return (digest + sign * rowChecksum + DIGEST_LIMIT) % DIGEST_LIMIT;
}

/** Of these rows and no others. */
export function digestOf(rows: Iterable<StoredRow>): number {
  let digest = NO_DIGEST;
  for (const row of rows) digest = addToDigest(digest, checksum(...row), 1);
  return digest;
}

/** Settings in a stable order. */
export function toPairs(configs: ReadonlyMap<string, string>): ConfigPairs {
  return [...configs].sort(([a], [b]) => (a < b ? -1 : 1));
}

type RunFields = readonly [number, number, number, number];

function runFields({ firstIndex, count, firstStream, createdAtStart }: PartitionRun): RunFields {
  return [firstIndex, count, firstStream, createdAtStart];
}

function toRun([firstIndex, count, firstStream, createdAtStart]: RunFields): PartitionRun {
  return { firstIndex, count, firstStream, createdAtStart };
}

export function encodeTopic({ name, id, configs, runs }: TopicRow): StoredRow {
  return ['topic', name, JSON.stringify([id, configs, runs.map(runFields)])];
}

export function decodeTopic(name: string, text: string): TopicRow {
  const [id, configs, runs] = JSON.parse(text) as [string, ConfigPairs, RunFields[]];
  return { name, id, configs, runs: runs.map(toRun) };
}

export function encodeDeletion({ name, id, runs }: DeletionRow): StoredRow {
  return ['deletion', id, JSON.stringify([name, runs.map(runFields)])];
}

export function decodeDeletion(id: string, text: string): DeletionRow {
  const [name, runs] = JSON.parse(text) as [string, RunFields[]];
  return { name, id, runs: runs.map(toRun) };
}

export function encodeFeatures({ epoch, levels }: CatalogFeatures): StoredRow {
  return ['features', '', JSON.stringify([epoch, [...levels]])];
}

function decodeFeatures(text: string): CatalogFeatures {
  const [epoch, levels] = JSON.parse(text) as [number, [string, number][]];
  return { epoch, levels: new Map(levels) };
}

export function configKey(resourceType: number, resourceName: string): string {
  return `${resourceType}:${resourceName}`;
}

function partitionsOf(runs: readonly PartitionRun[]): PartitionList<CatalogPartition> {
  return new PartitionList(runs, (index, stream, { createdAtStart }) => ({ index, stream, createdAtStart }));
}

/** A topic as the catalog's users see it. */
export function toTopic(row: TopicRow): CatalogTopic {
  return { name: row.name, id: row.id, partitions: partitionsOf(row.runs), configs: new Map(row.configs) };
}

function toDeleted(row: DeletionRow): DeletedTopic {
  return { name: row.name, id: row.id, partitions: partitionsOf(row.runs) };
}

/** The image as the catalog's users see it, with the start counted that is under way. */
export function toImage({ cluster, rows }: CatalogRows): CatalogImage {
  const image = {
    clusterId: cluster.id,
    starts: cluster.starts + 1,
    topics: [] as CatalogTopic[],
    configs: [] as CatalogImage['configs'][number][],
    deletions: [] as DeletedTopic[],
    features: null as CatalogFeatures | null,
  };
  for (const [kind, key, text] of rows) {
    if (kind === 'topic') image.topics.push(toTopic(decodeTopic(key, text)));
    else if (kind === 'deletion') image.deletions.push(toDeleted(decodeDeletion(key, text)));
    else if (kind === 'features') image.features = decodeFeatures(text);
    else if (kind === 'config') {
      const at = key.indexOf(':');
      const configs = new Map(JSON.parse(text) as ConfigPairs);
      image.configs.push({ resourceType: Number(key.slice(0, at)), resourceName: key.slice(at + 1), configs });
    }
  }
  return image;
}

/** Number of partitions in `runs`. */
export function partitionCount(runs: readonly PartitionRun[]): number {
  const last = runs.at(-1);
  return last === undefined ? 0 : last.firstIndex + last.count;
}
