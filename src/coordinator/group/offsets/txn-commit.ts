/** TxnOffsetCommit: offsets that count when, and if, a producer's transaction is committed (KIP-98, KIP-447). */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { TxnOffsetCommitRequest } from '../../../../protocol/generated/txn-offset-commit-request.ts';
import { split } from '../../types.ts';
import type { GroupCaller } from '../caller.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { judgedTopics, newOffsets } from './new-offsets.ts';
import type { CommitAnswer, NewOffsets } from './new-offsets.ts';

/** First version whose clients know the errors of groups with member epochs. */
const MEMBER_ERRORS_VERSION = 6;

/** A request whose topics exist, with names and ids. */
export type TxnOffsetCommit = Omit<TxnOffsetCommitRequest, 'topics'> & { readonly topics: readonly NewOffsets[] };

/**
 * To be written inside the producer's transaction. Who names no member may commit for any group.
 * @throws KafkaError ILLEGAL_GENERATION (before v6 also for a member's epoch and a missing group), STALE_MEMBER_EPOCH,
 *   UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, GROUP_ID_NOT_FOUND
 */
export function commitOffsetsInTransaction(
  env: GroupEnvironment,
  caller: GroupCaller,
  request: TxnOffsetCommit,
): GroupResult<readonly CommitAnswer[]> {
  const { groupId, topics } = request;
  checkMember(env, caller, request);
  const { records, answers } = newOffsets(env, { groupId, topics, expireTimestampMs: -1 });
  return split(records, answers);
}

function checkMember(env: GroupEnvironment, caller: GroupCaller, request: TxnOffsetCommit): void {
  const group = env.groups.get(request.groupId);
  const knowsErrors = caller.apiVersion >= MEMBER_ERRORS_VERSION;
  if (group === undefined) {
    // The first commit makes the group, unless a member of some generation is speaking.
    if (request.generationIdOrMemberEpoch < 0) return;
    throw new KafkaError(knowsErrors ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION);
  }
  try {
    const topics = judgedTopics(env, request.topics);
    group.checkOffsetCommit(env, { ...request, topics, caller, isTransactional: true });
  } catch (error) {
    const isStale = error instanceof KafkaError && error.code === ErrorCode.STALE_MEMBER_EPOCH;
    if (!isStale || knowsErrors) throw error;
    throw new KafkaError(ErrorCode.ILLEGAL_GENERATION, error.message);
  }
}
