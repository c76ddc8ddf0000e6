/** Which member of a consumer group a request speaks for; one that joins may be new, or take an instance's place. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import { containsAll } from '../modern/assignment.ts';
import type { TopicPartitions } from '../modern/assignment.ts';
import { checkMemberEpoch } from '../modern/member-epoch.ts';
import { MemberEpoch } from '../modern/member.ts';
import type { Draft } from './draft.ts';
import { requireMember, requireStaticMember } from './find.ts';
import { newMember } from './member.ts';
import type { ConsumerMember } from './member.ts';
import { assignmentRecord, memberRecord, memberTombstones, targetRecord } from './records.ts';

/** What a heartbeat says of who sends it. */
export interface Identity {
  readonly memberEpoch: number;
  readonly instanceId: string | null;
  readonly topicPartitions: readonly TopicPartitions[] | null;
}

/** @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, UNRELEASED_INSTANCE_ID, FENCED_INSTANCE_ID */
export function memberFor(draft: Draft, memberId: string, identity: Identity): ConsumerMember {
  const { group } = draft;
  const { memberEpoch, instanceId } = identity;
  const isJoin = memberEpoch === MemberEpoch.JOIN;
  if (instanceId !== null) {
    if (isJoin) return joiningStaticMember(draft, memberId, instanceId);
    return checked(requireStaticMember(group, instanceId, memberId), identity);
  }
  if (!isJoin) return checked(requireMember(group, memberId), identity);
  return group.member(memberId) ?? newMember(memberId);
}

/** The epoch before is good enough for who shows that it missed no more than an answer. */
function checked(member: ConsumerMember, { memberEpoch, topicPartitions }: Identity): ConsumerMember {
  const isRepeat = (): boolean => topicPartitions !== null && containsAll(member.assigned, topicPartitions);
  checkMemberEpoch({ kind: 'consumer', member, memberEpoch, isRepeat });
  return member;
}

/** An instance that has left for a while gives its place away, and one that spoke the classic protocol at any time. */
function joiningStaticMember(draft: Draft, memberId: string, instanceId: string): ConsumerMember {
  const existing = draft.group.staticMember(instanceId);
  if (existing === undefined) return draft.group.member(memberId) ?? newMember(memberId);
  if (existing.memberEpoch !== MemberEpoch.LEAVE_STATIC && existing.classic === null) {
    throw new KafkaError(
      ErrorCode.UNRELEASED_INSTANCE_ID,
      `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is ` +
        `owned by ${existing.memberId} member.`,
    );
  }
  return replaceMember(draft, existing, memberId);
}

/** Gives a member another id; it keeps what it has and begins at epoch 0. */
export function replaceMember(draft: Draft, existing: ConsumerMember, memberId: string): ConsumerMember {
  const { groupId } = draft.group;
  const member = { ...existing, memberId, memberEpoch: MemberEpoch.JOIN, previousMemberEpoch: 0 };
  const target = draft.group.target(existing.memberId);
  draft.add(...memberTombstones(groupId, existing.memberId));
  draft.add(memberRecord(groupId, member), targetRecord(groupId, memberId, target), assignmentRecord(groupId, member));
  return member;
}
