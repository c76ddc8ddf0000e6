/** What each call on the catalog changes: computed from the rows as they are, the same for every kind of catalog. */
import type { SegmentChange } from '../convert/publication.ts';
import { CatalogError } from './catalog-error.ts';
import {
  addToDigest,
  type CatalogChange,
  checksum,
  type ClusterRow,
  type ConfigPairs,
  configKey,
  decodeTopic,
  encodeDeletion,
  encodeFeatures,
  encodeTopic,
  partitionCount,
  type PartitionRun,
  type RowKind,
  type RowName,
  type StoredRow,
  type TopicRow,
} from './rows.ts';
import { isPublished, segmentRows } from './segment-rows.ts';
import type { CatalogFeatures } from './types.ts';

/** Rows to look at. */
export interface RowSource {
  cluster(): ClusterRow;
  /** A row's text, or undefined. */
  find(kind: RowKind, key: string): string | undefined;
}

/** A change that is computed and not made, with what the caller is told once it is. */
export interface Planned<T> {
  readonly value: T;
  /** Null when all is as wanted already. */
  readonly change: CatalogChange | null;
}

interface Wanted {
  readonly put?: readonly StoredRow[];
  readonly remove?: readonly RowName[];
  readonly cluster?: Partial<ClusterRow>;
}

function plan<T>(rows: RowSource, value: T, { put = [], remove = [], cluster }: Wanted): Planned<T> {
  const before = rows.cluster();
  let { digest } = before;
  for (const [kind, key] of [...put, ...remove]) {
    const old = rows.find(kind, key);
    if (old !== undefined) digest = addToDigest(digest, checksum(kind, key, old), -1);
  }
  for (const row of put) digest = addToDigest(digest, checksum(...row), 1);
  const after = { ...before, ...cluster, generation: before.generation + 1, digest };
  return { value, change: { cluster: after, put, remove } };
}

function topicNamed(rows: RowSource, name: string): TopicRow {
  const text = rows.find('topic', name);
  if (text === undefined) throw new CatalogError('NOT_FOUND', `The catalog has no topic '${name}'.`);
  return decodeTopic(name, text);
}

function newRun({ nextStream, starts }: ClusterRow, firstIndex: number, count: number): PartitionRun {
  return { firstIndex, count, firstStream: nextStream, createdAtStart: starts };
}

/** @param features to be recorded unless some are */
export function countStart(rows: RowSource, features?: CatalogFeatures): Planned<null> {
  const isFirst = features !== undefined && rows.find('features', '') === undefined;
  const put = isFirst ? [encodeFeatures(features)] : [];
  return plan(rows, null, { put, cluster: { starts: rows.cluster().starts + 1 } });
}

export function createTopic(
  rows: RowSource,
  topic: { readonly name: string; readonly id: string; readonly configs: ConfigPairs },
  count: number,
): Planned<TopicRow> {
  if (rows.find('topic', topic.name) !== undefined) {
    throw new CatalogError('NAME_TAKEN', `The catalog has a topic '${topic.name}' already.`);
  }
  const cluster = rows.cluster();
  const row = { ...topic, runs: [newRun(cluster, 0, count)] };
  return plan(rows, row, { put: [encodeTopic(row)], cluster: { nextStream: cluster.nextStream + count } });
}

export function addPartitions(rows: RowSource, name: string, count: number): Planned<TopicRow> {
  const row = topicNamed(rows, name);
  const present = partitionCount(row.runs);
  if (count <= present) return { value: row, change: null };
  const cluster = rows.cluster();
  const grown = { ...row, runs: [...row.runs, newRun(cluster, present, count - present)] };
  const nextStream = cluster.nextStream + count - present;
  return plan(rows, grown, { put: [encodeTopic(grown)], cluster: { nextStream } });
}

export function deleteTopic(rows: RowSource, name: string): Planned<null> {
  const row = topicNamed(rows, name);
  return plan(rows, null, { put: [encodeDeletion(row)], remove: [['topic', name]] });
}

export function endDeletion(rows: RowSource, id: string): Planned<null> {
  if (rows.find('deletion', id) === undefined) return { value: null, change: null };
  return plan(rows, null, { remove: [['deletion', id]] });
}

export function setTopicConfigs(rows: RowSource, name: string, configs: ConfigPairs): Planned<null> {
  return plan(rows, null, { put: [encodeTopic({ ...topicNamed(rows, name), configs })] });
}

export function setConfigs(rows: RowSource, type: number, name: string, configs: ConfigPairs): Planned<null> {
  const key = configKey(type, name);
  if (configs.length > 0) return plan(rows, null, { put: [['config', key, JSON.stringify(configs)]] });
  return plan(rows, null, { remove: [['config', key]] });
}

export function setFeatures(rows: RowSource, features: CatalogFeatures): Planned<null> {
  return plan(rows, null, { put: [encodeFeatures(features)] });
}

export function publishSegments(rows: RowSource, change: SegmentChange): Planned<null> {
  // Whoever was not told of it asks again.
  if (isPublished(rows, change)) return { value: null, change: null };
  return plan(rows, null, segmentRows(rows, change));
}

export function allocateProducerIds(rows: RowSource, count: number): Planned<number> {
  const { nextProducerId } = rows.cluster();
  return plan(rows, nextProducerId, { cluster: { nextProducerId: nextProducerId + count } });
}
