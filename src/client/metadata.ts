/** What is known of a cluster: brokers, topics, leaders. */
import type {
  MetadataResponse,
  MetadataResponsePartition,
  MetadataResponseTopic,
} from '../../protocol/generated/metadata-response.ts';
import type { Address } from './address.ts';

export interface BrokerMetadata extends Address {
  readonly nodeId: number;
  readonly rack: string | null;
}

export interface ClusterMetadata {
  readonly clusterId: string | null;
  /** -1 where nobody knows. */
  readonly controllerId: number;
  readonly brokers: ReadonlyMap<number, BrokerMetadata>;
}

export interface TopicMetadata {
  readonly name: string;
  /** Kafka's error code; 0 for none. */
  readonly errorCode: number;
  readonly isInternal: boolean;
  /** By partition number. */
  readonly partitions: readonly MetadataResponsePartition[];
}

export function clusterOf({ clusterId, controllerId, brokers }: MetadataResponse): ClusterMetadata {
  const byId = brokers.map(({ nodeId, host, port, rack }) => [nodeId, { nodeId, host, port, rack }] as const);
  return { clusterId, controllerId, brokers: new Map(byId) };
}

export function topicOf({ name, errorCode, isInternal, partitions }: MetadataResponseTopic): TopicMetadata {
  const sorted = partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex);
  return { name: name ?? '', errorCode, isInternal, partitions: sorted };
}
