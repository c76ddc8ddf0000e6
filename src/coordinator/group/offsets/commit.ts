/** OffsetCommit: by members of a group, or by anybody for a group without members. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type {
  OffsetCommitRequest,
  OffsetCommitRequestPartition,
} from '../../../../protocol/generated/offset-commit-request.ts';
import type { OffsetCommitResponse } from '../../../../protocol/generated/offset-commit-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import { split } from '../../types.ts';
import type { GroupCaller } from '../caller.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import type { OffsetRecord } from './records.ts';

/** First version that tells a missing group from an old generation. */
const GROUP_ID_NOT_FOUND_VERSION = 9;

/**
 * Commits what was asked for; partitions with too much metadata are refused on their own.
 * @throws KafkaError GROUP_ID_NOT_FOUND, ILLEGAL_GENERATION, and what the group throws (Group.checkOffsetCommit)
 */
export function commitOffsets(
  env: GroupEnvironment,
  caller: GroupCaller,
  request: OffsetCommitRequest,
): GroupResult<Input<OffsetCommitResponse>> {
  const group = env.groups.get(request.groupId);
  if (group === undefined) checkMissingGroup(caller, request);
  else group.checkOffsetCommit(env, { ...request, caller, isTransactional: false });
  const nowMs = env.clock.now();
  const records: OffsetRecord[] = [];
  const topics = request.topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map((partition) => {
      const { partitionIndex } = partition;
      if ((partition.committedMetadata?.length ?? 0) > env.settings.offsetMetadataMaxBytes) {
        return { partitionIndex, errorCode: ErrorCode.OFFSET_METADATA_TOO_LARGE };
      }
      records.push(offsetRecord(request, { name, topicId }, partition, nowMs));
      return { partitionIndex, errorCode: ErrorCode.NONE };
    }),
  }));
  return split(records, { topics });
}

/** A group that does not exist is made by its first commit, unless a member of some generation is speaking. */
function checkMissingGroup(caller: GroupCaller, request: OffsetCommitRequest): void {
  if (request.generationIdOrMemberEpoch < 0) return;
  if (caller.apiVersion >= GROUP_ID_NOT_FOUND_VERSION) throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND);
  throw new KafkaError(ErrorCode.ILLEGAL_GENERATION);
}

/** When an offset committed with a retention time of its own expires, or -1 without one. */
function expiry(retentionTimeMs: number, nowMs: number): number {
  if (retentionTimeMs === -1) return -1;
  return Math.min(Math.max(nowMs + retentionTimeMs, 0), Number.MAX_SAFE_INTEGER);
}

function offsetRecord(
  request: OffsetCommitRequest,
  topic: { readonly name: string; readonly topicId: string },
  partition: OffsetCommitRequestPartition,
  nowMs: number,
): OffsetRecord {
  return {
    kind: 'offset',
    groupId: request.groupId,
    topic: topic.name,
    partition: partition.partitionIndex,
    value: {
      offset: partition.committedOffset,
      leaderEpoch: partition.committedLeaderEpoch,
      metadata: partition.committedMetadata ?? '',
      commitTimestampMs: nowMs,
      expireTimestampMs: expiry(request.retentionTimeMs, nowMs),
      topicId: topic.topicId,
    },
  };
}
