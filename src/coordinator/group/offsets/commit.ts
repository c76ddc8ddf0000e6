/** OffsetCommit: by members of a group, or by anybody for a group without members. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { OffsetCommitRequest } from '../../../../protocol/generated/offset-commit-request.ts';
import { split } from '../../types.ts';
import type { GroupCaller } from '../caller.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { judgedTopics, newOffsets } from './new-offsets.ts';
import type { CommitAnswer, NewOffsets } from './new-offsets.ts';

/** A request whose topics exist, with names and ids. */
export type NewCommit = Omit<OffsetCommitRequest, 'topics'> & { readonly topics: readonly NewOffsets[] };

/** First version that tells a missing group from an old generation. */
const GROUP_ID_NOT_FOUND_VERSION = 9;

/**
 * Commits what was asked for; partitions with too much metadata are refused on their own.
 * @throws KafkaError GROUP_ID_NOT_FOUND, ILLEGAL_GENERATION, and what the group throws (Group.checkOffsetCommit)
 */
export function commitOffsets(
  env: GroupEnvironment,
  caller: GroupCaller,
  request: NewCommit,
): GroupResult<CommitAnswer[]> {
  const { groupId, topics, retentionTimeMs } = request;
  const group = env.groups.get(groupId);
  if (group === undefined) checkMissingGroup(caller, request);
  else group.checkOffsetCommit(env, { ...request, topics: judgedTopics(env, topics), caller, isTransactional: false });
  const expireTimestampMs = expiry(retentionTimeMs, env.clock.now());
  const { records, answers } = newOffsets(env, { groupId, topics, expireTimestampMs });
  return split(records, answers);
}

/** A group that does not exist is made by its first commit, unless a member of some generation is speaking. */
function checkMissingGroup(caller: GroupCaller, request: NewCommit): void {
  if (request.generationIdOrMemberEpoch < 0) return;
  if (caller.apiVersion >= GROUP_ID_NOT_FOUND_VERSION) throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND);
  throw new KafkaError(ErrorCode.ILLEGAL_GENERATION);
}

/** When an offset committed with a retention time of its own expires, or -1 without one. */
function expiry(retentionTimeMs: number, nowMs: number): number {
  if (retentionTimeMs === -1) return -1;
  return Math.min(Math.max(nowMs + retentionTimeMs, 0), Number.MAX_SAFE_INTEGER);
}
