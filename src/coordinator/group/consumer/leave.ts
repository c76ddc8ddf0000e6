/** A member leaves its consumer group: for good, or, with an instance id, to come back to what it has. */
import type { ConsumerGroupHeartbeatRequest } from '../../../../protocol/generated/consumer-group-heartbeat-request.ts';
import type { ConsumerGroupHeartbeatResponse } from '../../../../protocol/generated/consumer-group-heartbeat-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import { replayed } from '../../types.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { NO_PARTITIONS, withEpoch } from '../modern/assignment.ts';
import { MemberEpoch } from '../modern/member.ts';
import { fenceMembers } from './fence.ts';
import { requireGroup, requireMember, requireStaticMember } from './find.ts';
import { assignmentRecord } from './records.ts';

/** @throws KafkaError GROUP_ID_NOT_FOUND, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID */
export function leave(
  env: GroupEnvironment,
  request: ConsumerGroupHeartbeatRequest,
): GroupResult<Input<ConsumerGroupHeartbeatResponse>> {
  const { groupId, memberId, memberEpoch, instanceId } = request;
  const group = requireGroup(env, groupId);
  const isStatic = instanceId !== null;
  const member = isStatic ? requireStaticMember(group, instanceId, memberId) : requireMember(group, memberId);
  const response = { memberId, memberEpoch };
  if (!isStatic || memberEpoch !== MemberEpoch.LEAVE_STATIC) return fenceMembers(env, group, [member], response);
  const gone = {
    ...member,
    memberEpoch: MemberEpoch.LEAVE_STATIC,
    assigned: withEpoch(member.assigned, 0),
    pendingRevocation: NO_PARTITIONS,
  };
  return replayed([assignmentRecord(groupId, gone)], response);
}
