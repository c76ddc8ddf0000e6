/**
 * ConsumerGroupHeartbeat: a member joins, tells that it is alive and what it subscribes to and has, or leaves; the answer
 * brings its epoch and, where it changed, its assignment (KIP-848).
 */
import type { ConsumerGroupHeartbeatRequest } from '../../../../protocol/generated/consumer-group-heartbeat-request.ts';
import type { ConsumerGroupHeartbeatResponse } from '../../../../protocol/generated/consumer-group-heartbeat-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import { randomUuid } from '../../../base/random.ts';
import type { GroupCaller } from '../caller.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { sameEpochs, toTopicPartitions } from '../modern/assignment.ts';
import { MemberEpoch, sameNames } from '../modern/member.ts';
import { advanceGroupEpoch, advanceMember, advanceTarget } from './advance.ts';
import { checkRoom } from './check-room.ts';
import { drafted } from './draft.ts';
import type { Draft } from './draft.ts';
import { leave } from './leave.ts';
import type { ConsumerMember, MemberMetadata } from './member.ts';
import { withMetadata } from './member.ts';
import { memberFor } from './join.ts';
import { openGroup } from './open-group.ts';
import { memberRecord } from './records.ts';
import { followRegex } from './regex-refresh.ts';
import { assignorFor, heartbeatIntervalMs } from './settings.ts';
import { resetSession } from './timers.ts';

type Response = Input<ConsumerGroupHeartbeatResponse>;

/**
 * Serves a request that `checkHeartbeat` found in order.
 * @throws KafkaError GROUP_ID_NOT_FOUND, GROUP_MAX_SIZE_REACHED,
 *   UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, UNRELEASED_INSTANCE_ID, FENCED_INSTANCE_ID, INVALID_REGULAR_EXPRESSION
 */
export function consumerGroupHeartbeat(
  env: GroupEnvironment,
  caller: GroupCaller,
  request: ConsumerGroupHeartbeatRequest,
): GroupResult<Response> {
  const { memberEpoch } = request;
  if (memberEpoch === MemberEpoch.LEAVE || memberEpoch === MemberEpoch.LEAVE_STATIC) return leave(env, request);
  const { group, before } = openGroup(env, request.groupId, memberEpoch === MemberEpoch.JOIN);
  const memberId = request.memberId === '' ? randomUuid(env.random) : request.memberId;
  checkRoom(env, group, memberId, request.instanceId);
  const result = drafted(group, (draft) => beat(env, draft, { caller, request, memberId }));
  return before.length === 0 ? result : { ...result, records: [...before, ...result.records] };
}

interface Beat {
  readonly caller: GroupCaller;
  readonly request: ConsumerGroupHeartbeatRequest;
  readonly memberId: string;
}

function beat(env: GroupEnvironment, draft: Draft, { caller, request, memberId }: Beat): Response {
  const { group } = draft;
  const { groupId } = group;
  const { preferredAssignor } = group;
  const former = memberFor(draft, memberId, request);
  const member = withMetadata(former, saidBy(caller, request, former));
  if (member !== former) draft.add(memberRecord(groupId, member));
  const haveNamesChanged = !sameNames(member.subscribedTopicNames, former.subscribedTopicNames);
  const regex = followRegex(env, draft, former, member, caller);
  const isSameChoice = group.preferredAssignor === preferredAssignor;
  const hasAssignorChanged =
    !isSameChoice && assignorFor(env, group.preferredAssignor) !== assignorFor(env, preferredAssignor);
  advanceGroupEpoch(env, draft, haveNamesChanged || regex === 'resolved' || hasAssignorChanged);
  advanceTarget(env, draft);
  const hasSubscriptionChanged = haveNamesChanged || regex !== 'unchanged';
  const next = advanceMember(env, draft, member, { hasSubscriptionChanged, owned: request.topicPartitions });
  resetSession(env, group, next);
  return {
    memberId,
    memberEpoch: next.memberEpoch,
    heartbeatIntervalMs: heartbeatIntervalMs(env, groupId),
    assignment: isToldAssignment(request, former, next) ? { topicPartitions: toTopicPartitions(next.assigned) } : null,
  };
}

/** What the request says of its member; what it leaves out stays. */
function saidBy(caller: GroupCaller, request: ConsumerGroupHeartbeatRequest, former: ConsumerMember): MemberMetadata {
  const { rebalanceTimeoutMs, subscribedTopicNames } = request;
  return {
    clientId: caller.clientId,
    clientHost: caller.clientHost,
    instanceId: request.instanceId ?? former.instanceId,
    rackId: request.rackId ?? former.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? former.rebalanceTimeoutMs : rebalanceTimeoutMs,
    subscribedTopicNames: subscribedTopicNames === null ? former.subscribedTopicNames : new Set(subscribedTopicNames),
    subscribedTopicRegex: request.subscribedTopicRegex ?? former.subscribedTopicRegex,
    serverAssignor: request.serverAssignor ?? former.serverAssignor,
    classic: null,
  };
}

/** When it joins, when it tells everything, and when something has changed. */
function isToldAssignment(
  request: ConsumerGroupHeartbeatRequest,
  former: ConsumerMember,
  member: ConsumerMember,
): boolean {
  if (request.memberEpoch === MemberEpoch.JOIN || !sameEpochs(former.assigned, member.assigned)) return true;
  const { rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex, topicPartitions } = request;
  const hasSubscription = subscribedTopicNames !== null || subscribedTopicRegex !== null;
  return rebalanceTimeoutMs !== -1 && hasSubscription && topicPartitions !== null;
}
