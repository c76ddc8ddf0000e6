/** Who may commit offsets for a classic group, and how long they are kept. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { GroupEnvironment } from '../environment.ts';
import type { OffsetCommit } from '../group.ts';
import type { CommittedOffset } from '../offsets/records.ts';
import type { ClassicGroup } from './group.ts';
import { resetSession } from './rebalance.ts';

/** @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS */
export function checkCommit(env: GroupEnvironment, group: ClassicGroup, commit: OffsetCommit): void {
  validate(group, commit);
  const member = group.member(commit.memberId);
  // One for an Empty group has no member behind it, and one inside a transaction is the producer's.
  if (member !== undefined && !commit.isTransactional) resetSession(env, group, member);
}

function validate(group: ClassicGroup, commit: OffsetCommit): void {
  const { memberId, groupInstanceId, generationIdOrMemberEpoch: generationId } = commit;
  if (generationId < 0 && group.state === 'Empty') return;
  if (generationId >= 0 || memberId !== '' || groupInstanceId !== null) {
    group.validateMember(memberId, groupInstanceId);
    if (generationId !== group.generationId) throw new KafkaError(ErrorCode.ILLEGAL_GENERATION);
  } else if (!commit.isTransactional) {
    throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID);
  }
  if (commit.isTransactional) return;
  // The member knows the new generation but has no assignment in it yet.
  if (group.state === 'CompletingRebalance') throw new KafkaError(ErrorCode.REBALANCE_IN_PROGRESS);
}

/** From when on the retention of an offset counts, in ms; null while nothing expires. */
export function retentionStartMs(group: ClassicGroup, offset: CommittedOffset): number | null {
  if (group.protocolType === null) return offset.commitTimestampMs;
  if (group.state === 'Empty') {
    return group.stateTimestampMs === -1 ? offset.commitTimestampMs : group.stateTimestampMs;
  }
  const knowsTopics = group.isConsumerGroup && group.topics !== null;
  return knowsTopics && group.state === 'Stable' ? offset.commitTimestampMs : null;
}
