/** Heartbeat: a member is alive; the answer tells it whether it has to join again. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { HeartbeatRequest } from '../../../../protocol/generated/heartbeat-request.ts';
import type { GroupEnvironment } from '../environment.ts';
import { classicGroup } from './find.ts';
import { resetSession } from './rebalance.ts';

/** Gives NONE or REBALANCE_IN_PROGRESS. @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION */
export function heartbeat(env: GroupEnvironment, request: HeartbeatRequest): number {
  const members = env.groups.get(request.groupId)?.classicMembers ?? null;
  if (members !== null) return members.heartbeat(env, request);
  const group = classicGroup(env, request.groupId);
  if (group === undefined) throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID);
  const member = group.validateMember(request.memberId, request.groupInstanceId);
  if (request.generationId !== group.generationId) throw new KafkaError(ErrorCode.ILLEGAL_GENERATION);
  resetSession(env, group, member);
  return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}
