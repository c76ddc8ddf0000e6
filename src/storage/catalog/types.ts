/**
 * The catalog: what must survive besides record data, in one small transactional store (memory, SQLite in a worker,
 * later PostgreSQL). Every call is one transaction and resolves when it is durable.
 */
import type { JournalEnd, JournalWitness, StreamId } from '../types.ts';
import type { CatalogJournal } from './journal-copy.ts';
import type { PartitionList } from './partition-list.ts';
import type { MakeRoom } from './room.ts';
import type { CatalogRows } from './rows.ts';

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
  readonly partitions: PartitionList<CatalogPartition>;
  /** Overrides only, Kafka's names. */
  readonly configs: ReadonlyMap<string, string>;
}

/** Dynamic configs of other resources: broker ('' is the cluster default), group, client-metrics. */
export interface CatalogConfig {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: ReadonlyMap<string, string>;
}

/** A topic that is gone for clients, and whose streams the journal may still have. */
export interface DeletedTopic {
  readonly name: string;
  readonly id: string;
  readonly partitions: PartitionList<CatalogPartition>;
}

/** Finalized features. */
export interface CatalogFeatures {
  /** Larger after each change. */
  readonly epoch: number;
  /** Levels above 0, by name. */
  readonly levels: ReadonlyMap<string, number>;
}

export interface CatalogImage {
  readonly clusterId: string;
  /** Number of times this data directory was started, this start included (first start: 1). */
  readonly starts: number;
  readonly topics: readonly CatalogTopic[];
  readonly configs: readonly CatalogConfig[];
  /** Deletions that were not finished. */
  readonly deletions: readonly DeletedTopic[];
  /** Null before they were ever recorded. */
  readonly features: CatalogFeatures | null;
}

export interface Catalog extends AsyncDisposable {
  /** For the engine: how far the journal is known to have gone. To be asked after `load`. */
  readonly witness: JournalWitness;
  /** All that it holds, where nothing else remembers it: of a catalog in memory. Null: the journal has a copy. */
  readonly rows: CatalogRows | null;
  /** Reads everything and changes nothing. `clusterId` is used when the catalog is new. */
  load(clusterId: string): Promise<CatalogImage>;
  /**
   * Compares with the journal, which keeps a copy, and counts this start durably; other changes come after it. Where no
   * features are recorded yet, `features` are.
   * @throws CatalogError CORRUPT when the catalog is not the one that belongs to the journal; then nothing is changed
   */
  start(journal: CatalogJournal, features?: CatalogFeatures): Promise<void>;
  /** Creates a topic; stream ids are given out here. Rejects if the name is taken. */
  createTopic(
    name: string,
    id: string,
    partitionCount: number,
    configs: ReadonlyMap<string, string>,
  ): Promise<CatalogTopic>;
  /** Adds partitions up to `partitionCount`; gives the topic as it is then. */
  addPartitions(name: string, partitionCount: number): Promise<CatalogTopic>;
  /** Ends the topic; its streams stay known as a deletion until `endDeletion`. */
  deleteTopic(name: string): Promise<void>;
  /** Forgets a deleted topic: its streams' deletion is on the device. */
  endDeletion(id: string): Promise<void>;
  /** Replaces the topic's overrides. */
  setTopicConfigs(name: string, configs: ReadonlyMap<string, string>): Promise<void>;
  /** Replaces a resource's dynamic configs; an empty map removes it. */
  setConfigs(resourceType: number, resourceName: string, configs: ReadonlyMap<string, string>): Promise<void>;
  /** Replaces the finalized features. */
  setFeatures(features: CatalogFeatures): Promise<void>;
  /** Reserves `count` producer ids, never given out before or again, and gives the first. */
  allocateProducerIds(count: number): Promise<bigint>;
  /** Whom to ask for space when a call finds the disk full; the call is then made once more. */
  onDiskFull(makeRoom: MakeRoom): void;
  /** Remembers where the journal ended at a clean stop, for the next start to compare. */
  ended(end: JournalEnd): Promise<void>;
  close(): Promise<void>;
}
