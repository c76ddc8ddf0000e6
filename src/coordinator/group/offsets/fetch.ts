/** OffsetFetch: committed offsets of a group, of named partitions or of all. A group that does not exist has none. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { OffsetFetchRequestGroup } from '../../../../protocol/generated/offset-fetch-request.ts';
import type {
  OffsetFetchResponseGroup,
  OffsetFetchResponsePartitions,
  OffsetFetchResponseTopics,
} from '../../../../protocol/generated/offset-fetch-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import type { GroupEnvironment } from '../environment.ts';
import { isLive } from './live.ts';
import type { CommittedOffset } from './records.ts';
import type { GroupOffsets, OffsetKey } from './table.ts';

const NO_OFFSETS: GroupOffsets = new Map();
/** Nothing committed, or nothing that one could rely on. */
const NO_OFFSET = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '' };

export interface OffsetFetch extends OffsetFetchRequestGroup {
  /** Where an open transaction would commit an offset, the answer is UNSTABLE_OFFSET_COMMIT (KIP-447). */
  readonly requireStable: boolean;
}

/**
 * Null topics: every offset of the group. Those that are not live (they were committed for a topic that is deleted and
 * could not be forgotten yet) count as none.
 * @throws KafkaError UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH
 */
export function fetchOffsets(env: GroupEnvironment, fetch: OffsetFetch): Input<OffsetFetchResponseGroup> {
  const { groupId } = fetch;
  const committed = offsetsOf(env, fetch);
  if (fetch.topics === null) return { groupId, topics: allTopics(env, fetch, committed), errorCode: ErrorCode.NONE };
  const topics = fetch.topics.map(({ name, topicId, partitionIndexes }) => {
    const ofTopic = committed.get(name);
    const partitions = partitionIndexes.map((partition) => {
      const offset = ofTopic?.get(partition);
      const live = offset !== undefined && isLive(env, offset) ? offset : undefined;
      return partitionResponse(env, fetch, { groupId, topic: name, partition }, live);
    });
    return { name, topicId, partitions };
  });
  return { groupId, topics, errorCode: ErrorCode.NONE };
}

/** Those of a group that keeps none are none. */
function offsetsOf(env: GroupEnvironment, { groupId, memberId, memberEpoch }: OffsetFetch): GroupOffsets {
  try {
    env.groups.get(groupId)?.checkOffsetFetch(memberId, memberEpoch);
  } catch (error) {
    if (error instanceof KafkaError && error.code === ErrorCode.GROUP_ID_NOT_FOUND) return NO_OFFSETS;
    throw error;
  }
  return env.offsets.ofGroup(groupId);
}

function allTopics(
  env: GroupEnvironment,
  fetch: OffsetFetch,
  committed: GroupOffsets,
): Input<OffsetFetchResponseTopics>[] {
  const { groupId } = fetch;
  const topics: Input<OffsetFetchResponseTopics>[] = [];
  for (const [topic, offsets] of committed) {
    const live = [...offsets].filter(([, offset]) => isLive(env, offset));
    const partitions = live.map(([partition, offset]) =>
      partitionResponse(env, fetch, { groupId, topic, partition }, offset),
    );
    if (partitions.length > 0) topics.push({ name: topic, partitions });
  }
  return topics;
}

function partitionResponse(
  env: GroupEnvironment,
  { requireStable }: OffsetFetch,
  key: OffsetKey,
  committed: CommittedOffset | undefined,
): Input<OffsetFetchResponsePartitions> {
  const partitionIndex = key.partition;
  if (requireStable && env.offsets.isPending(key)) {
    return { partitionIndex, ...NO_OFFSET, errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT };
  }
  if (committed === undefined) return { partitionIndex, ...NO_OFFSET, errorCode: ErrorCode.NONE };
  const { offset, leaderEpoch, metadata } = committed;
  return {
    partitionIndex,
    committedOffset: offset,
    committedLeaderEpoch: leaderEpoch,
    metadata,
    errorCode: ErrorCode.NONE,
  };
}
