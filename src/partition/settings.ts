/** What a partition is made with. */
import type { TopicConfig } from '../config/topic-config.ts';
import type { Durability, StreamId } from '../storage/types.ts';
import type { TopicTraffic } from './traffic.ts';
import type { RecordValidation } from './types.ts';

/** Settings in force for all partitions of a topic. */
export interface PartitionSettings {
  readonly config: TopicConfig;
  readonly durability: Durability;
  readonly validation: RecordValidation;
  /** Whether its records are never dropped to make room in memory. */
  readonly isInternal: boolean;
  /** Producers without a batch for this long are forgotten. */
  readonly producerExpirationMs: number;
}

export interface PartitionIdentity {
  readonly topicName: string;
  readonly topicId: string;
  readonly index: number;
  readonly stream: StreamId;
  readonly leaderEpoch: number;
  /** Its topic's; none: its own. */
  readonly traffic?: TopicTraffic;
}
