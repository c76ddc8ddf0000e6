/**
 * Members of a consumer group that speak the classic protocol. They join and sync at any time, each for itself: the group
 * has no leader and no join phase, generations are member epochs, and a heartbeat tells when to come for a new assignment.
 */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { HeartbeatRequest } from '../../../../protocol/generated/heartbeat-request.ts';
import type { MemberIdentity } from '../../../../protocol/generated/leave-group-request.ts';
import type { MemberResponse } from '../../../../protocol/generated/leave-group-response.ts';
import type { SyncGroupRequest } from '../../../../protocol/generated/sync-group-request.ts';
import type { SyncGroupResponse } from '../../../../protocol/generated/sync-group-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import { errorCodeOf } from '../../errors.ts';
import { answer } from '../../types.ts';
import type { ClassicMembers } from '../classic/classic-members.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { joinConsumerGroup } from './classic-join.ts';
import { readSubscription, writeAssignment } from './embedded.ts';
import { fenceMembers } from './fence.ts';
import { requireGroup, requireMember, requireStaticMember } from './find.ts';
import type { ConsumerGroup } from './group.ts';
import type { ClassicMembership, ConsumerMember } from './member.ts';
import { memberSynced, resetSession, watchJoin } from './timers.ts';

/** Of all members of the consumer protocol. */
const PROTOCOL_TYPE = 'consumer';

type ClassicMember = ConsumerMember & { readonly classic: ClassicMembership };

interface Identity {
  readonly groupId: string;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationId: number;
}

/** @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION */
function classicMember(group: ConsumerGroup, identity: Identity): ClassicMember {
  const { memberId, groupInstanceId, generationId } = identity;
  const member =
    groupInstanceId === null ? requireMember(group, memberId) : requireStaticMember(group, groupInstanceId, memberId);
  const { classic, memberEpoch } = member;
  if (classic === null) {
    throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID, `Member ${memberId} does not use the classic protocol.`);
  }
  if (generationId === memberEpoch) return { ...member, classic };
  throw new KafkaError(
    ErrorCode.ILLEGAL_GENERATION,
    `The request generation id ${generationId} is not equal to the member epoch ${memberEpoch} of member ${memberId}.`,
  );
}

function sync(env: GroupEnvironment, request: SyncGroupRequest): GroupResult<Input<SyncGroupResponse>> {
  const group = requireGroup(env, request.groupId);
  const member = classicMember(group, request);
  checkProtocol(member, request);
  if (group.assignmentEpoch > member.memberEpoch && member.state !== 'unrevoked') {
    watchJoin(env, group.groupId, member);
    throw new KafkaError(
      ErrorCode.REBALANCE_IN_PROGRESS,
      `A new rebalance is triggered in group ${group.groupId} and member ${member.memberId} should rejoin to catch up.`,
    );
  }
  memberSynced(env, group.groupId, member.memberId);
  resetSession(env, group, member);
  const version = readSubscription(firstProtocol(member).metadata, env.topics)?.version ?? 0;
  const { protocolType, protocolName } = request;
  const assignment = writeAssignment(member.assigned, version, env.topics);
  return answer({ errorCode: ErrorCode.NONE, protocolType, protocolName, assignment });
}

function firstProtocol({ classic }: ClassicMember): ClassicMembership['protocols'][number] {
  return classic.protocols[0] as ClassicMembership['protocols'][number];
}

function checkProtocol(member: ClassicMember, { protocolType, protocolName }: SyncGroupRequest): void {
  const isOtherType = protocolType !== null && protocolType !== PROTOCOL_TYPE;
  const isOtherName = protocolName !== null && protocolName !== firstProtocol(member).name;
  if (!isOtherType && !isOtherName) return;
  throw new KafkaError(
    ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
    `The protocol of member ${member.memberId} is not the one of its join response.`,
  );
}

function heartbeat(env: GroupEnvironment, request: HeartbeatRequest): number {
  const group = requireGroup(env, request.groupId);
  const member = classicMember(group, request);
  resetSession(env, group, member);
  if (!hasNews(group, member)) return ErrorCode.NONE;
  watchJoin(env, group.groupId, member);
  return ErrorCode.REBALANCE_IN_PROGRESS;
}

/** True if joining again brings the member closer to its target. */
function hasNews(group: ConsumerGroup, member: ConsumerMember): boolean {
  if (member.memberEpoch < group.assignmentEpoch || member.state === 'unrevoked') return true;
  return member.state === 'unreleased' && !isWaiting(group, member);
}

/** True if something that the member is to have is still with another. */
function isWaiting(group: ConsumerGroup, member: ConsumerMember): boolean {
  for (const [topicId, partitions] of group.target(member.memberId)) {
    for (const partition of partitions) {
      const hasIt = member.assigned.get(topicId)?.has(partition);
      if (!hasIt && group.owners.of(topicId, partition) !== undefined) return true;
    }
  }
  return false;
}

function leave(
  env: GroupEnvironment,
  groupId: string,
  identities: readonly MemberIdentity[],
): GroupResult<Input<MemberResponse>[]> {
  const group = requireGroup(env, groupId);
  const leaving = new Map<string, ConsumerMember>();
  const responses = identities.map(({ memberId, groupInstanceId }): Input<MemberResponse> => {
    try {
      const member = leavingMember(group, memberId, groupInstanceId);
      leaving.set(member.memberId, member);
      return { memberId, groupInstanceId, errorCode: ErrorCode.NONE };
    } catch (error) {
      return { memberId, groupInstanceId, errorCode: errorCodeOf(error) };
    }
  });
  return fenceMembers(env, group, [...leaving.values()], responses);
}

/** An administrator names an instance without its member id. */
function leavingMember(group: ConsumerGroup, memberId: string, instanceId: string | null): ConsumerMember {
  if (instanceId === null) return requireMember(group, memberId);
  const current = group.staticMember(instanceId)?.memberId;
  return requireStaticMember(group, instanceId, memberId === '' ? (current ?? '') : memberId);
}

export const classicMembers: ClassicMembers = {
  join: joinConsumerGroup,
  sync,
  heartbeat,
  leave,
};
