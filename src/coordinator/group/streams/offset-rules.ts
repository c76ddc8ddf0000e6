/** Who may commit and fetch offsets of a streams group. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { OffsetCommit } from '../group.ts';
import type { StreamsMember } from './member.ts';
import type { StreamsGroup } from './streams-group.ts';
import { taskId } from './tasks.ts';

/** First version of OffsetCommit whose clients know member epochs. */
const MEMBER_EPOCH_VERSION = 9;

function staleEpoch(message: string): KafkaError {
  return new KafkaError(ErrorCode.STALE_MEMBER_EPOCH, message);
}

/**
 * An older epoch passes if the member has held every partition of the request since then (KIP-1251).
 * @throws KafkaError UNKNOWN_MEMBER_ID, UNSUPPORTED_VERSION, STALE_MEMBER_EPOCH
 */
export function checkCommit(group: StreamsGroup, commit: OffsetCommit): void {
  const { memberId, groupInstanceId, generationIdOrMemberEpoch: memberEpoch, isTransactional } = commit;
  if (memberEpoch < 0 && group.isEmpty) return;
  if (isTransactional && memberEpoch === -1 && memberId === '' && groupInstanceId === null) return;
  const member = group.member(memberId);
  if (!isTransactional && commit.caller.apiVersion < MEMBER_EPOCH_VERSION) {
    throw new KafkaError(
      ErrorCode.UNSUPPORTED_VERSION,
      'OffsetCommit version 9 or above must be used by members using the streams group protocol',
    );
  }
  if (memberEpoch === member.memberEpoch) return;
  if (memberEpoch > member.memberEpoch) {
    throw staleEpoch(`Received member epoch ${memberEpoch} is newer than current member epoch ${member.memberEpoch}.`);
  }
  for (const { name, partitions } of commit.topics) {
    for (const { partitionIndex } of partitions) checkHeldSince(group, member, { name, partitionIndex, memberEpoch });
  }
}

function checkHeldSince(
  group: StreamsGroup,
  { assigned, pendingRevocation }: StreamsMember,
  { name, partitionIndex, memberEpoch }: { name: string; partitionIndex: number; memberEpoch: number },
): void {
  const subtopologyId = group.topology?.readers.get(name);
  if (subtopologyId === undefined) throw staleEpoch(`Topic ${name} is not in the topology.`);
  const task = taskId(subtopologyId, partitionIndex);
  const since = assigned.active.get(task) ?? pendingRevocation.active.get(task);
  if (since === undefined) throw staleEpoch(`Task ${task} is not assigned or pending revocation for member.`);
  if (memberEpoch < since) {
    throw staleEpoch(`Received member epoch ${memberEpoch} is older than assignment epoch ${since} for task ${task}.`);
  }
}

/** Here only the current epoch will do. @throws KafkaError UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH */
export function checkFetch(group: StreamsGroup, memberId: string | null, memberEpoch: number): void {
  if (memberId === null && memberEpoch < 0) return;
  // A member that is not named has no place in the group, and Kafka no better answer.
  if (memberId === null) throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR);
  const member = group.member(memberId);
  if (memberEpoch === member.memberEpoch) return;
  throw staleEpoch(
    `The received member epoch ${memberEpoch} does not match the expected member epoch ${member.memberEpoch}.`,
  );
}
