/**
 * ShareGroupHeartbeat: a member joins, tells that it is alive and what it subscribes to, or leaves; the answer brings its
 * epoch and, where it changed, its assignment. Partitions are assigned once their state is initialized: what has to be
 * is noted with the heartbeat, done behind it (initialize.ts), and a later heartbeat raises the group's epoch.
 */
import type { ShareGroupHeartbeatRequest } from '../../../../protocol/generated/share-group-heartbeat-request.ts';
import type { ShareGroupHeartbeatResponse } from '../../../../protocol/generated/share-group-heartbeat-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { GroupCaller } from '../caller.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { samePartitions, toTopicPartitions } from '../modern/assignment.ts';
import { checkMemberEpoch } from '../modern/member-epoch.ts';
import { MemberEpoch, sameNames } from '../modern/member.ts';
import { advanceGroupEpoch, advanceMember, advanceTarget } from './advance.ts';
import { drafted } from './draft.ts';
import { fenceMember } from './fence.ts';
import { requireShareGroup, requireShareMember, shareGroupOrNew } from './find.ts';
import type { ShareGroup } from './group.ts';
import { newMember, type ShareMember, withMetadata } from './member.ts';
import { memberRecord, statesRecord } from './records.ts';
import { withInitializing } from './state-partitions.ts';
import { statesToInitialize, type StatesToInitialize } from './initialize.ts';
import { resetSession } from './timers.ts';

export interface ShareHeartbeat {
  readonly response: Input<ShareGroupHeartbeatResponse>;
  /** What has to be initialized now. */
  readonly toInitialize: StatesToInitialize | null;
}

/**
 * Serves a request that `checkHeartbeat` found in order.
 * @throws KafkaError GROUP_ID_NOT_FOUND, GROUP_MAX_SIZE_REACHED, UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH
 */
export function shareGroupHeartbeat(
  env: GroupEnvironment,
  caller: GroupCaller,
  request: ShareGroupHeartbeatRequest,
): GroupResult<ShareHeartbeat> {
  const { groupId, memberId, memberEpoch } = request;
  if (memberEpoch === MemberEpoch.LEAVE) {
    const group = requireShareGroup(env, groupId);
    const response = { memberId, memberEpoch };
    return fenceMember(env, group, requireShareMember(group, memberId), { response, toInitialize: null });
  }
  const isJoin = memberEpoch === MemberEpoch.JOIN;
  const group = shareGroupOrNew(env, groupId, isJoin);
  checkRoom(env, group, memberId);
  const former = memberFor(group, memberId, memberEpoch);
  const { subscribedTopicNames } = request;
  const said = {
    clientId: caller.clientId,
    clientHost: caller.clientHost,
    rackId: request.rackId ?? former.rackId,
    subscribedTopicNames: subscribedTopicNames === null ? former.subscribedTopicNames : new Set(subscribedTopicNames),
  };
  return drafted(group, (draft) => {
    const member = withMetadata(former, said);
    if (member !== former) draft.add(memberRecord(groupId, member));
    const hasSubscriptionChanged = !sameNames(member.subscribedTopicNames, former.subscribedTopicNames);
    const hasGroupChanged = advanceGroupEpoch(env, draft, hasSubscriptionChanged);
    advanceTarget(env, draft);
    const next = advanceMember(env, draft, member, hasGroupChanged);
    resetSession(env, group, memberId);
    const toInitialize = statesToInitialize(env, group);
    if (toInitialize !== null) draft.add(statesRecord(groupId, withInitializing(group.states, toInitialize.topics)));
    const isTold = isJoin || request.subscribedTopicNames !== null || !samePartitions(former.assigned, next.assigned);
    const response = {
      memberId,
      memberEpoch: next.memberEpoch,
      heartbeatIntervalMs: env.metadata.groupConfig(groupId).shareHeartbeatIntervalMs,
      assignment: isTold ? { topicPartitions: toTopicPartitions(next.assigned) } : null,
    };
    return { response, toInitialize };
  });
}

/** @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH */
function memberFor(group: ShareGroup, memberId: string, memberEpoch: number): ShareMember {
  if (memberEpoch === MemberEpoch.JOIN) return group.member(memberId) ?? newMember(memberId);
  const member = requireShareMember(group, memberId);
  checkMemberEpoch({ kind: 'share', member, memberEpoch, isRepeat: () => true });
  return member;
}

/** @throws KafkaError GROUP_MAX_SIZE_REACHED */
function checkRoom({ config }: GroupEnvironment, group: ShareGroup, memberId: string): void {
  const limit = config.int('group.share.max.size');
  if (group.member(memberId) !== undefined || group.size < limit) return;
  throw new KafkaError(
    ErrorCode.GROUP_MAX_SIZE_REACHED,
    `The share group has reached its maximum capacity of ${limit} members.`,
  );
}
