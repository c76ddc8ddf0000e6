/** DescribeShareGroupOffsets: from where on a share group has something left to do, and how much that is. */
import type {
  DescribeShareGroupOffsetsResponsePartition,
  DescribeShareGroupOffsetsResponseTopic,
} from '../../../../protocol/generated/describe-share-group-offsets-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import { KafkaError } from '../../../../protocol/errors.ts';
import { ZERO_UUID } from '../../../../protocol/reader.ts';
import type { MetadataStore } from '../../../metadata/types.ts';
import type { PartitionManager } from '../../../partition/types.ts';
import type { ShareCoordinator } from '../../share/coordinator.ts';
import { type StateSummary, summarize } from '../../share/operations.ts';
import type { SharePartitionKey } from '../../share/records.ts';
import type { GroupCoordinator } from '../coordinator.ts';
import { shareGroup } from './find.ts';

/** What offsets are described from. */
export interface OffsetSources {
  readonly groups: GroupCoordinator;
  readonly shareStates: ShareCoordinator;
  readonly metadata: MetadataStore;
  readonly partitions: PartitionManager;
}

export interface OffsetTopic {
  readonly topicName: string;
  readonly partitions: readonly number[];
}

const UNKNOWN = -1;
const NO_OFFSET = { startOffset: UNKNOWN, leaderEpoch: 0, lag: UNKNOWN };

/** All partitions of the group that have a state; none of a group that is not there. @throws KafkaError as GroupCoordinator.read */
export function allOffsetTopics({ groups }: OffsetSources, groupId: string): Promise<OffsetTopic[]> {
  return groups.read(groupId, (env) => {
    const initialized = shareGroup(env, groupId)?.states.initialized ?? new Map();
    return [...initialized].flatMap(([topicId, { partitions }]) => {
      const topicName = env.topics.topicById(topicId)?.name;
      return topicName === undefined ? [] : [{ topicName, partitions: [...partitions].sort((a, b) => a - b) }];
    });
  });
}

/** Of a topic that is not there, and of a group without a state, nothing is known, and that is no error. */
export async function describeOffsets(
  sources: OffsetSources,
  groupId: string,
  { topicName, partitions }: OffsetTopic,
): Promise<Input<DescribeShareGroupOffsetsResponseTopic>> {
  const topicId = sources.metadata.topic(topicName)?.id;
  const described = partitions.map(async (partitionIndex) => ({
    partitionIndex,
    ...(topicId === undefined ? NO_OFFSET : await describePartition(sources, groupId, topicId, partitionIndex)),
  }));
  return { topicName, topicId: topicId ?? ZERO_UUID, partitions: await Promise.all(described) };
}

async function describePartition(
  { shareStates, partitions }: OffsetSources,
  groupId: string,
  topicId: string,
  partition: number,
): Promise<Input<DescribeShareGroupOffsetsResponsePartition>> {
  const log = partitions.getById(topicId, partition);
  if (log === undefined) return NO_OFFSET;
  const key = { groupId, topicId, partition };
  const summary = await summaryOf(shareStates, key);
  if (summary === null) return NO_OFFSET;
  return { startOffset: summary.startOffset, leaderEpoch: summary.leaderEpoch, lag: lagOf(summary, log.highWatermark) };
}

/** Null when the share coordinator does not tell, which is no error, as in Kafka. */
async function summaryOf(states: ShareCoordinator, key: SharePartitionKey): Promise<StateSummary | null> {
  try {
    return await states.runWhenReady(key, (shard) => summarize(shard, key));
  } catch (error) {
    if (error instanceof KafkaError) return null;
    throw error;
  }
}

function lagOf({ startOffset, deliveryCompleteCount }: StateSummary, endOffset: number): number {
  // Anybody may write a state: numbers that make no sense must not end up in an answer that cannot be written.
  if (startOffset < 0 || deliveryCompleteCount < 0) return UNKNOWN;
  return endOffset - startOffset - deliveryCompleteCount;
}
