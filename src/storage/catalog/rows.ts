/**
 * What the catalog keeps, in the compact shape in which it is stored and sent between threads. Partitions made by one
 * call have consecutive stream ids, so a run of them is one row whatever its length.
 */
import type { CatalogImage, CatalogPartition, CatalogTopic } from './types.ts';

/** Partitions made by one call. */
export interface PartitionRun {
  readonly firstIndex: number;
  readonly count: number;
  /** Stream of the first partition; the others follow. */
  readonly firstStream: number;
  readonly createdAtStart: number;
}

/** Settings as name and value pairs, sorted by name. */
export type ConfigPairs = readonly (readonly [string, string])[];

export interface TopicRow {
  readonly name: string;
  readonly id: string;
  readonly configs: ConfigPairs;
  /** Sorted by first index, without gaps. */
  readonly runs: readonly PartitionRun[];
}

export interface ConfigRow {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: ConfigPairs;
}

export interface ImageRows {
  readonly clusterId: string;
  readonly starts: number;
  readonly topics: readonly TopicRow[];
  readonly configs: readonly ConfigRow[];
}

/** Settings in a stable order. */
export function toPairs(configs: ReadonlyMap<string, string>): ConfigPairs {
  return [...configs].sort(([a], [b]) => (a < b ? -1 : 1));
}

function partitionsOf(runs: readonly PartitionRun[]): CatalogPartition[] {
  const partitions: CatalogPartition[] = [];
  for (const run of runs) {
    for (let i = 0; i < run.count; i++) {
      partitions.push({ index: run.firstIndex + i, stream: run.firstStream + i, createdAtStart: run.createdAtStart });
    }
  }
  return partitions;
}

/** A topic as the catalog's users see it. */
export function toTopic(row: TopicRow): CatalogTopic {
  return { name: row.name, id: row.id, partitions: partitionsOf(row.runs), configs: new Map(row.configs) };
}

/** The image as the catalog's users see it. */
export function toImage(rows: ImageRows): CatalogImage {
  return {
    clusterId: rows.clusterId,
    starts: rows.starts,
    topics: rows.topics.map(toTopic),
    configs: rows.configs.map((row) => ({ ...row, configs: new Map(row.configs) })),
  };
}

/** Number of partitions in `runs`. */
export function partitionCount(runs: readonly PartitionRun[]): number {
  const last = runs.at(-1);
  return last === undefined ? 0 : last.firstIndex + last.count;
}
