/** Who may commit and fetch offsets of a consumer group. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { GroupEnvironment } from '../environment.ts';
import type { CommitTopic, OffsetCommit } from '../group.ts';
import { requireMember } from './find.ts';
import type { ConsumerGroup } from './group.ts';
import type { ConsumerMember } from './member.ts';

/** First version in which members of the consumer protocol may commit. */
const MEMBER_EPOCH_VERSION = 9;

/** @throws KafkaError UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH, ILLEGAL_GENERATION, UNSUPPORTED_VERSION */
export function checkCommit(env: GroupEnvironment, group: ConsumerGroup, commit: OffsetCommit): void {
  const { memberId, groupInstanceId, generationIdOrMemberEpoch: memberEpoch, isTransactional } = commit;
  if (memberEpoch < 0 && group.isEmpty) return;
  // A producer that does not say for whom it commits is trusted.
  if (isTransactional && memberEpoch === -1 && memberId === '' && groupInstanceId === null) return;
  const member = requireMember(group, memberId);
  if (!isTransactional && member.classic === null && commit.caller.apiVersion < MEMBER_EPOCH_VERSION) {
    throw new KafkaError(
      ErrorCode.UNSUPPORTED_VERSION,
      'OffsetCommit version 9 or above must be used by members using the consumer group protocol',
    );
  }
  if (memberEpoch === member.memberEpoch) return;
  // What the member has had since before that epoch is still its own.
  const isOlder = memberEpoch < member.memberEpoch;
  if (isOlder && commit.topics.every((topic) => isHeldSince(env, member, topic, memberEpoch))) return;
  throw new KafkaError(
    member.classic === null ? ErrorCode.STALE_MEMBER_EPOCH : ErrorCode.ILLEGAL_GENERATION,
    `Received member epoch ${memberEpoch} is ${isOlder ? 'older than an assignment epoch' : 'newer than current member epoch'} ` +
      `of member ${memberId} at ${member.memberEpoch}.`,
  );
}

/** True if the member has been given each of the partitions in `epoch` or before, and has not given it back. */
function isHeldSince(env: GroupEnvironment, member: ConsumerMember, topic: CommitTopic, epoch: number): boolean {
  const id = env.metadata.topic(topic.name)?.id ?? topic.topicId;
  return topic.partitions.every(({ partitionIndex }) => {
    const given = member.assigned.get(id)?.get(partitionIndex) ?? member.pendingRevocation.get(id)?.get(partitionIndex);
    return given !== undefined && given <= epoch;
  });
}

/** @throws KafkaError UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH, ILLEGAL_GENERATION */
export function checkFetch(group: ConsumerGroup, memberId: string | null, memberEpoch: number): void {
  if (memberId === null && memberEpoch < 0) return;
  // A member that is not named has no place in the group, and Kafka no better answer.
  if (memberId === null) throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR);
  const member = requireMember(group, memberId);
  if (memberEpoch === member.memberEpoch) return;
  throw new KafkaError(
    member.classic === null ? ErrorCode.STALE_MEMBER_EPOCH : ErrorCode.ILLEGAL_GENERATION,
    `The received member epoch ${memberEpoch} does not match the expected member epoch ${member.memberEpoch}.`,
  );
}
