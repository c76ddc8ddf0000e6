/** LeaveGroup: members go at once, by member id, or by group instance id when an administrator removes them. */
import { ErrorCode } from '../../../../protocol/errors.ts';
import type { LeaveGroupRequest, MemberIdentity } from '../../../../protocol/generated/leave-group-request.ts';
import type { LeaveGroupResponse, MemberResponse } from '../../../../protocol/generated/leave-group-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import { errorCodeOf } from '../../errors.ts';
import { DONE } from '../environment.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { classicGroup } from './find.ts';
import type { ClassicGroup } from './group.ts';
import type { GroupMember } from './member.ts';
import { beginRebalance, completeJoinIfReady } from './rebalance.ts';
import { answerRemoved } from './parked.ts';
import { timerKey } from './timers.ts';

/** Answers each member named on its own; the group is asked to rebalance once for all. */
export function leaveGroup(env: GroupEnvironment, request: LeaveGroupRequest): GroupResult<Input<LeaveGroupResponse>> {
  const others = env.groups.get(request.groupId)?.classicMembers ?? null;
  if (others !== null) {
    const left = others.leave(env, request.groupId, request.members);
    return { ...left, response: { errorCode: ErrorCode.NONE, members: left.response } };
  }
  const group = classicGroup(env, request.groupId);
  const members = request.members.map((identity): Input<MemberResponse> => {
    const { memberId, groupInstanceId } = identity;
    return { memberId, groupInstanceId, errorCode: removeOne(env, group, identity) };
  });
  const someLeft = members.some(({ errorCode }) => errorCode === ErrorCode.NONE);
  const result = group !== undefined && someLeft ? membersLeft(env, group) : DONE;
  return { ...result, response: { errorCode: ErrorCode.NONE, members } };
}

function membersLeft(env: GroupEnvironment, group: ClassicGroup): GroupResult {
  switch (group.state) {
    case 'Stable':
    case 'CompletingRebalance':
      return beginRebalance(env, group, 'members left');
    case 'PreparingRebalance':
      return completeJoinIfReady(env, group);
    case 'Empty':
      return DONE;
  }
}

/** Gives the error code for one member. */
function removeOne(env: GroupEnvironment, group: ClassicGroup | undefined, identity: MemberIdentity): number {
  if (group === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  const { memberId, groupInstanceId } = identity;
  try {
    if (memberId === '') {
      const current = groupInstanceId === null ? undefined : group.staticMemberId(groupInstanceId);
      if (current === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
      removeMember(env, group, group.validateMember(current, groupInstanceId));
    } else if (group.pendingJoins.has(memberId)) {
      env.timers.cancel(timerKey.heartbeat(group.groupId, memberId));
      group.remove(memberId);
    } else {
      removeMember(env, group, group.validateMember(memberId, groupInstanceId));
    }
    return ErrorCode.NONE;
  } catch (error) {
    return errorCodeOf(error);
  }
}

function removeMember(env: GroupEnvironment, group: ClassicGroup, member: GroupMember): void {
  env.timers.cancel(timerKey.heartbeat(group.groupId, member.memberId));
  answerRemoved(group, member);
  group.remove(member.memberId);
}
