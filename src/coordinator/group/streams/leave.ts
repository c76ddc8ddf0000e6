/** StreamsGroupHeartbeat of a member that goes: for good (-1), or as a static member for a while (-2). */
import type { StreamsGroupHeartbeatRequest } from '../../../../protocol/generated/streams-group-heartbeat-request.ts';
import { replayed } from '../../types.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { MemberEpoch } from '../modern/member.ts';
import { fenceMember } from './fence.ts';
import { staticMemberOf, streamsGroup } from './find.ts';
import type { HeartbeatAnswer } from './heartbeat-answer.ts';
import type { StreamsMember } from './member.ts';
import { memberAssignmentRecord } from './records.ts';
import { NOTHING_HELD } from './tasks.ts';

/** @throws KafkaError GROUP_ID_NOT_FOUND, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID */
export function leaveStreamsGroup(
  env: GroupEnvironment,
  request: StreamsGroupHeartbeatRequest,
): GroupResult<HeartbeatAnswer> {
  const { groupId, memberId, memberEpoch, instanceId } = request;
  const group = streamsGroup(env, groupId);
  if (request.shutdownApplication) group.requestShutdown(memberId);
  const answer = { response: { memberId, memberEpoch, status: [] }, missingTopics: [] };
  const member = instanceId === null ? group.member(memberId) : staticMemberOf(group, instanceId, memberId);
  const isBackSoon = instanceId !== null && memberEpoch === MemberEpoch.LEAVE_STATIC;
  if (!isBackSoon) return replayed(fenceMember(group, memberId), answer);
  return replayed([memberAssignmentRecord(groupId, memberId, awayMember(member))], answer);
}

/** It keeps its tasks, and whatever its older epochs allowed ends. */
function awayMember(member: StreamsMember): StreamsMember {
  const { assigned } = member;
  const active = new Map([...assigned.active.keys()].map((task) => [task, 0]));
  return {
    ...member,
    memberEpoch: MemberEpoch.LEAVE_STATIC,
    assigned: { ...assigned, active },
    pendingRevocation: NOTHING_HELD,
  };
}
