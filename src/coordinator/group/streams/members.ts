/** Members of streams groups come, come back, change and are taken out. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { StreamsGroupHeartbeatRequest } from '../../../../protocol/generated/streams-group-heartbeat-request.ts';
import { shown } from '../../../config/value.ts';
import type { GroupCaller } from '../caller.ts';
import { MemberEpoch } from '../modern/member.ts';
import { checkMemberEpoch } from '../modern/member-epoch.ts';
import { staticMemberOf } from './find.ts';
import { newMember } from './member.ts';
import type { StreamsMember } from './member.ts';
import { memberAssignmentRecord, memberRecord, memberTombstones, targetRecord } from './records.ts';
import type { StreamsRecord } from './records.ts';
import type { StreamsGroup } from './streams-group.ts';
import { NO_TASKS, fromTaskIds } from './tasks.ts';
import type { Tasks } from './tasks.ts';

/** The member that a heartbeat is from, before the heartbeat changes it. */
export interface Admitted {
  readonly member: StreamsMember;
  /** The static member whose place it takes. */
  readonly replaced: StreamsMember | null;
}

/**
 * Finds the member, or makes it when it joins.
 * @throws KafkaError GROUP_MAX_SIZE_REACHED, UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, FENCED_INSTANCE_ID,
 *   UNRELEASED_INSTANCE_ID
 */
export function admit(group: StreamsGroup, request: StreamsGroupHeartbeatRequest, maxSize: number): Admitted {
  const { memberId, memberEpoch, instanceId } = request;
  if (memberEpoch === MemberEpoch.JOIN) {
    checkRoom(group, request, maxSize);
    const existing = instanceId === null ? undefined : group.staticMember(instanceId);
    if (existing !== undefined) return takePlace(existing, memberId);
    return { member: group.members.get(memberId) ?? newMember(memberId), replaced: null };
  }
  const member = instanceId === null ? group.member(memberId) : staticMemberOf(group, instanceId, memberId);
  const isRepeat = (): boolean => ownsNoMore(member, request);
  checkMemberEpoch({ kind: 'streams', member, memberEpoch, isRepeat });
  return { member, replaced: null };
}

/** A member that comes back, and a static one, do not make the group larger. */
function checkRoom(group: StreamsGroup, request: StreamsGroupHeartbeatRequest, maxSize: number): void {
  const { memberId, instanceId } = request;
  if (instanceId !== null && group.staticMember(instanceId) !== undefined) return;
  if (group.members.size < maxSize || group.members.has(memberId)) return;
  throw new KafkaError(
    ErrorCode.GROUP_MAX_SIZE_REACHED,
    `The streams group has reached its maximum capacity of ${maxSize} members.`,
  );
}

/** A static member that said it would be back is there again, under whatever id, with all that it had. */
function takePlace(existing: StreamsMember, memberId: string): Admitted {
  if (existing.memberEpoch !== MemberEpoch.LEAVE_STATIC) {
    throw new KafkaError(
      ErrorCode.UNRELEASED_INSTANCE_ID,
      `Static member ${shown(memberId)} with instance id ${shown(existing.instanceId ?? '')} cannot join the group ` +
        `because the instance id is owned by ${shown(existing.memberId)} member.`,
    );
  }
  return { member: { ...existing, memberId, memberEpoch: 0, previousMemberEpoch: 0 }, replaced: existing };
}

/** What stores that `member` has taken the place of another. */
export function replacementRecords(group: StreamsGroup, { member, replaced }: Admitted): readonly StreamsRecord[] {
  if (replaced === null) return [];
  const { groupId, targets } = group;
  return [
    ...memberTombstones(groupId, replaced.memberId),
    memberRecord(groupId, member.memberId, member),
    targetRecord(groupId, member.memberId, targets.get(replaced.memberId) ?? NO_TASKS),
    memberAssignmentRecord(groupId, member.memberId, member),
  ];
}

/** True when the heartbeat says what the member owns, and that is all assigned to it. */
function ownsNoMore({ assigned }: StreamsMember, request: StreamsGroupHeartbeatRequest): boolean {
  const owned = ownedTasks(request);
  if (owned === null) return false;
  return (
    owned.active.isSubsetOf(assigned.active) &&
    owned.standby.isSubsetOf(assigned.standby) &&
    owned.warmup.isSubsetOf(assigned.warmup)
  );
}

/** What a member says it owns; null when it does not say. */
export function ownedTasks(request: StreamsGroupHeartbeatRequest): Tasks | null {
  const { activeTasks, standbyTasks, warmupTasks } = request;
  if (activeTasks === null || standbyTasks === null || warmupTasks === null) return null;
  return {
    active: fromTaskIds(activeTasks),
    standby: fromTaskIds(standbyTasks),
    warmup: fromTaskIds(warmupTasks),
  };
}

/** The member with what its heartbeat says of it; what that leaves out stays as it is. */
export function updatedMember(
  member: StreamsMember,
  caller: GroupCaller,
  request: StreamsGroupHeartbeatRequest,
): StreamsMember {
  const { clientId, clientHost } = caller;
  const { clientTags, rebalanceTimeoutMs, userEndpoint } = request;
  const isJoining = request.memberEpoch === MemberEpoch.JOIN;
  return {
    ...member,
    clientId,
    clientHost,
    instanceId: request.instanceId ?? member.instanceId,
    rackId: request.rackId ?? member.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : rebalanceTimeoutMs,
    topologyEpoch: request.topology?.epoch ?? member.topologyEpoch,
    processId: request.processId ?? member.processId,
    userEndpoint: isJoining ? userEndpoint : (userEndpoint ?? member.userEndpoint),
    clientTags: clientTags === null ? member.clientTags : new Map(clientTags.map(({ key, value }) => [key, value])),
  };
}
