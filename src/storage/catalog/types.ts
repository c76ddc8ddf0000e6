/**
 * The catalog: what must survive besides record data, in one small transactional store (memory, SQLite in a worker,
 * later PostgreSQL). Every call is one transaction and resolves when it is durable.
 */
import type { StreamId } from '../types.ts';
import type { MakeRoom } from './room.ts';

export interface CatalogPartition {
  readonly index: number;
  readonly stream: StreamId;
  /** Value of the start counter when the partition was created: its leader epoch is starts - createdAtStart. */
  readonly createdAtStart: number;
}

export interface CatalogTopic {
  readonly name: string;
  /** 22-character URL-safe base64. */
  readonly id: string;
  readonly partitions: readonly CatalogPartition[];
  /** Overrides only, Kafka's names. */
  readonly configs: ReadonlyMap<string, string>;
}

/** Dynamic configs of other resources: broker ('' is the cluster default), group, client-metrics. */
export interface CatalogConfig {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: ReadonlyMap<string, string>;
}

export interface CatalogImage {
  readonly clusterId: string;
  /** Number of times this data directory was started, this start included (first start: 1). */
  readonly starts: number;
  readonly topics: readonly CatalogTopic[];
  readonly configs: readonly CatalogConfig[];
}

export interface Catalog extends AsyncDisposable {
  /** Reads everything and counts this start durably. `clusterId` is used when the catalog is new. */
  start(clusterId: string): Promise<CatalogImage>;
  /** Creates a topic; stream ids are given out here. Rejects if the name is taken. */
  createTopic(
    name: string,
    id: string,
    partitionCount: number,
    configs: ReadonlyMap<string, string>,
  ): Promise<CatalogTopic>;
  /** Adds partitions up to `partitionCount`; gives the topic as it is then. */
  addPartitions(id: string, partitionCount: number): Promise<CatalogTopic>;
  deleteTopic(id: string): Promise<void>;
  /** Replaces the topic's overrides. */
  setTopicConfigs(id: string, configs: ReadonlyMap<string, string>): Promise<void>;
  /** Replaces a resource's dynamic configs; an empty map removes it. */
  setConfigs(resourceType: number, resourceName: string, configs: ReadonlyMap<string, string>): Promise<void>;
  /** Reserves `count` producer ids, never given out before or again, and gives the first. */
  allocateProducerIds(count: number): Promise<bigint>;
  /** Whom to ask for space when a call finds the disk full; the call is then made once more. */
  onDiskFull(makeRoom: MakeRoom): void;
  close(): Promise<void>;
}
