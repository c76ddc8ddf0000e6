/** OffsetFetch: committed offsets of a group, of named partitions or of all. A group that does not exist has none. */
import { ErrorCode } from '../../../../protocol/errors.ts';
import type { OffsetFetchRequestGroup } from '../../../../protocol/generated/offset-fetch-request.ts';
import type {
  OffsetFetchResponseGroup,
  OffsetFetchResponsePartitions,
  OffsetFetchResponseTopics,
} from '../../../../protocol/generated/offset-fetch-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import type { OffsetStore } from './store.ts';
import { isLive } from './live.ts';
import type { GroupEnvironment } from '../environment.ts';
import type { CommittedOffset } from './records.ts';

/** Nothing committed. */
const NO_OFFSET = -1;

/**
 * Null topics: every offset of the group. Those that are not live (they were committed for a topic that is deleted and
 * could not be forgotten yet) count as none.
 * @throws KafkaError UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH
 */
export function fetchOffsets(env: GroupEnvironment, request: OffsetFetchRequestGroup): Input<OffsetFetchResponseGroup> {
  const { groupId, memberId, memberEpoch } = request;
  env.groups.get(groupId)?.checkOffsetFetch(memberId, memberEpoch);
  const committed = env.offsets.ofGroup(groupId);
  if (request.topics === null) return { groupId, topics: allTopics(env, committed), errorCode: ErrorCode.NONE };
  const topics = request.topics.map(({ name, topicId, partitionIndexes }) => {
    const ofTopic = committed.get(name);
    const partitions = partitionIndexes.map((index) => {
      const offset = ofTopic?.get(index);
      return partitionResponse(index, offset !== undefined && isLive(env, offset) ? offset : undefined);
    });
    return { name, topicId, partitions };
  });
  return { groupId, topics, errorCode: ErrorCode.NONE };
}

function allTopics(
  env: GroupEnvironment,
  committed: ReturnType<OffsetStore['ofGroup']>,
): Input<OffsetFetchResponseTopics>[] {
  const topics: Input<OffsetFetchResponseTopics>[] = [];
  for (const [name, offsets] of committed) {
    const live = [...offsets].filter(([, offset]) => isLive(env, offset));
    const partitions = live.map(([index, offset]) => partitionResponse(index, offset));
    if (partitions.length > 0) topics.push({ name, partitions });
  }
  return topics;
}

function partitionResponse(
  index: number,
  committed: CommittedOffset | undefined,
): Input<OffsetFetchResponsePartitions> {
  return {
    partitionIndex: index,
    committedOffset: committed?.offset ?? NO_OFFSET,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode: ErrorCode.NONE,
  };
}
