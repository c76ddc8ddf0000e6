/** The cluster image: what this broker knows of brokers, topics and dynamic configs. */
import type { GroupConfig } from '../config/group-config.ts';
import type { PartitionList } from '../storage/catalog/partition-list.ts';
import type { DeletedTopic } from '../storage/catalog/types.ts';
import type { StreamId } from '../storage/types.ts';
import type { FeatureLevels } from './feature-levels.ts';

export interface TopicPartitionInfo {
  readonly index: number;
  readonly stream: StreamId;
  /** Number of starts since the partition was created. */
  readonly leaderEpoch: number;
}

export interface Topic {
  readonly name: string;
  /** 22-character URL-safe base64. */
  readonly id: string;
  readonly partitions: PartitionList<TopicPartitionInfo>;
  /** Overrides only (DYNAMIC_TOPIC_CONFIG), Kafka's names. */
  readonly configs: ReadonlyMap<string, string>;
  /** True for __consumer_offsets, __transaction_state and __share_group_state. */
  readonly isInternal: boolean;
}

export interface PartitionAssignment {
  readonly partitionIndex: number;
  readonly brokerIds: readonly number[];
}

export interface NewTopic {
  readonly name: string;
  /** -1: num.partitions. */
  readonly partitionCount: number;
  /** -1: default.replication.factor. Only 1 can be served. */
  readonly replicationFactor: number;
  /** Replicas of each partition, in the order in which they are checked; null or none: the counts say it. */
  readonly assignments: readonly PartitionAssignment[] | null;
  readonly configs: ReadonlyMap<string, string | null>;
}

export type MetadataChange =
  | { readonly kind: 'topic-created' | 'topic-deleted' | 'topic-changed'; readonly topic: Topic }
  | { readonly kind: 'configs-changed'; readonly resourceType: number; readonly resourceName: string };

/** Gives the configs that are to replace the current ones; values must be valid. */
export type AlterConfigs = (current: ReadonlyMap<string, string>) => ReadonlyMap<string, string>;

/** Kafka's config resource types on the wire. */
export const ConfigResourceType = { TOPIC: 2, BROKER: 4, BROKER_LOGGER: 8, CLIENT_METRICS: 16, GROUP: 32 } as const;

/** What else is kept as a resource's pairs of names and values; no number of Kafka's. */
export const StoredResourceType = {
  /** By what they are about: ACLs (security/acls/stored-acls.ts). */
  ACL: 1000,
  /** By user: SCRAM credentials by mechanism. */
  SCRAM_USER: 1001,
  /** By id: delegation tokens (security/tokens/token.ts). */
  DELEGATION_TOKEN: 1002,
  /** By entity: quotas (security/quotas/stored-quotas.ts). */
  CLIENT_QUOTA: 1003,
} as const;

export interface MetadataVersion {
  /** Number of starts, this one included. */
  readonly starts: number;
  /** Grows with each change, and with each start; nothing is kept by it. */
  readonly offset: number;
}

export interface MetadataStore {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly features: FeatureLevels;
  /** How far the metadata has come, in the words of a log. */
  readonly version: MetadataVersion;
  topic(name: string): Topic | undefined;
  topicById(id: string): Topic | undefined;
  /** All topics, sorted by name; the same array until something changes. */
  topics(): readonly Topic[];
  /** Checks without creating. @throws KafkaError as createTopic */
  validateNewTopic(topic: NewTopic): void;
  /**
   * Resolves when the topic is durable and visible.
   * @throws KafkaError TOPIC_ALREADY_EXISTS, INVALID_TOPIC_EXCEPTION, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_REPLICA_ASSIGNMENT,
   *   INVALID_REQUEST (assignments beside counts), INVALID_CONFIG, KAFKA_STORAGE_ERROR
   */
  createTopic(topic: NewTopic): Promise<Topic>;
  /** Creates an internal topic with the settings Kafka gives it, once; concurrent callers share one creation. */
  ensureInternalTopic(name: string): Promise<Topic>;
  /**
   * Ends the topic for clients. Whoever deletes its streams calls `endDeletion` when they are gone for good; what a crash
   * comes before is among the `unfinishedDeletions` of the next start.
   * @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION
   */
  deleteTopic(name: string): Promise<void>;
  readonly unfinishedDeletions: readonly DeletedTopic[];
  /** @throws CatalogError (as a rejection) */
  endDeletion(id: string): Promise<void>;
  /** @throws KafkaError INVALID_PARTITIONS when not more than now */
  createPartitions(name: string, partitionCount: number): Promise<Topic>;
  /**
   * Changes a topic's overrides: `alter` gets those in force when it is this change's turn and gives the new ones, or
   * throws. @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION, and what `alter` throws
   */
  alterTopicConfigs(name: string, alter: AlterConfigs): Promise<void>;
  /** Dynamic configs of a broker ('' is the cluster-wide default), group or client-metrics resource. */
  dynamicConfigs(resourceType: number, resourceName: string): ReadonlyMap<string, string>;
  /** Names of such resources that have dynamic configs, sorted. */
  resourceNames(resourceType: number): readonly string[];
  /** A group's settings in force now, whether or not the group exists. */
  groupConfig(groupId: string): GroupConfig;
  /** As alterTopicConfigs, for a broker ('' is the cluster-wide default), group or client-metrics resource. */
  alterDynamicConfigs(resourceType: number, resourceName: string, alter: AlterConfigs): Promise<void>;
  /** An id never given out before, not even before a restart. @throws KafkaError KAFKA_STORAGE_ERROR */
  allocateProducerId(): Promise<bigint>;
  /** Told after each change; gives the function that stops it. */
  onChange(listener: (change: MetadataChange) => void): () => void;
}
