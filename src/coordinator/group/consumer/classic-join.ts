/** JoinGroup to a consumer group that has members: its answer is the member's epoch, SyncGroup brings the assignment. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { JoinGroupRequest } from '../../../../protocol/generated/join-group-request.ts';
import type { JoinGroupResponse } from '../../../../protocol/generated/join-group-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import { randomUuid } from '../../../base/random.ts';
import { answer } from '../../types.ts';
import type { GroupCaller } from '../caller.ts';
import { copyProtocols } from '../classic/member.ts';
import type { MemberProtocol } from '../classic/member.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { sameNames } from '../modern/member.ts';
import { advanceGroupEpoch, advanceMember, advanceTarget } from './advance.ts';
import { checkRoom } from './check-room.ts';
import { canDowngrade, downgrade } from './downgrade.ts';
import { drafted } from './draft.ts';
import type { Draft } from './draft.ts';
import { readSubscription } from './embedded.ts';
import type { Subscription } from './embedded.ts';
import { requireGroup, requireStaticMember } from './find.ts';
import type { ConsumerGroup } from './group.ts';
import { replaceMember } from './join.ts';
import { newMember, withMetadata } from './member.ts';
import type { ConsumerMember, MemberMetadata } from './member.ts';
import { memberRecord } from './records.ts';
import { followRegex } from './regex-refresh.ts';
import { migrationPolicy } from './settings.ts';
import { resetSession, watchSync } from './timers.ts';

/** First version whose new members come a second time with the id they were given. */
const KNOWN_MEMBER_ID_VERSION = 4;
const PROTOCOL_TYPE = 'consumer';

type Response = Input<JoinGroupResponse>;

interface ClassicJoin {
  readonly caller: GroupCaller;
  readonly request: JoinGroupRequest;
  readonly memberId: string;
  readonly protocols: readonly MemberProtocol[];
  readonly subscription: Subscription;
}

/** @throws KafkaError INCONSISTENT_GROUP_PROTOCOL, GROUP_MAX_SIZE_REACHED, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID */
export function joinConsumerGroup(
  env: GroupEnvironment,
  caller: GroupCaller,
  request: JoinGroupRequest,
): GroupResult<Response> {
  const group = requireGroup(env, request.groupId);
  checkPolicy(env, group);
  const isNew = request.memberId === '';
  const memberId = isNew ? randomUuid(env.random) : request.memberId;
  checkRoom(env, group, memberId, request.groupInstanceId);
  checkProtocols(group, memberId, request);
  const isDynamic = request.groupInstanceId === null;
  if (isNew && isDynamic && caller.apiVersion >= KNOWN_MEMBER_ID_VERSION) {
    return answer({ memberId, errorCode: ErrorCode.MEMBER_ID_REQUIRED });
  }
  const protocols = copyProtocols(request.protocols);
  const subscription = readSubscription((protocols[0] as MemberProtocol).metadata, env.topics);
  if (subscription === null) {
    throw inconsistent('Malformed embedded consumer protocol in subscription deserialization.');
  }
  return admit(env, group, { caller, request, memberId, protocols, subscription });
}

function admit(env: GroupEnvironment, group: ConsumerGroup, join: ClassicJoin): GroupResult<Response> {
  const replaced = group.staticMember(join.request.groupInstanceId);
  const isLast = replaced !== undefined && replaced.classic === null;
  if (!isLast || !canDowngrade(env, group, [replaced], 1))
    return drafted(group, (draft) => step(env, draft, join, 'assign'));
  // An instance comes back with the classic protocol, and nobody speaks the consumer protocol any more.
  const { response } = drafted(group, (draft) => {
    const response = step(env, draft, join, 'keep target');
    const isRebalanceDue = group.assignmentEpoch < group.groupEpoch;
    return downgrade(env, group, { leaving: [], response, before: draft.records, isRebalanceDue });
  });
  return response;
}

/** Takes the member as far as it goes at once. */
function step(env: GroupEnvironment, draft: Draft, join: ClassicJoin, target: 'assign' | 'keep target'): Response {
  const { group } = draft;
  const { groupId } = group;
  const former = joiningMember(draft, join);
  const member = withMetadata(former, saidBy(join, former));
  if (member !== former) draft.add(memberRecord(groupId, member));
  const haveNamesChanged = !sameNames(member.subscribedTopicNames, former.subscribedTopicNames);
  const regex = followRegex(env, draft, former, member, join.caller);
  const hasSubscriptionChanged = haveNamesChanged || regex !== 'unchanged';
  advanceGroupEpoch(env, draft, hasSubscriptionChanged);
  if (target === 'assign') advanceTarget(env, draft);
  const isBehind = target === 'keep target' && group.assignmentEpoch < group.groupEpoch;
  const progress = { hasSubscriptionChanged, owned: join.subscription.owned };
  const next = isBehind ? member : advanceMember(env, draft, member, progress);
  resetSession(env, group, next);
  watchSync(env, groupId, next);
  return {
    errorCode: ErrorCode.NONE,
    memberId: next.memberId,
    generationId: next.memberEpoch,
    protocolType: PROTOCOL_TYPE,
    protocolName: join.protocols[0]?.name ?? null,
  };
}

/** The id may be one that was given out, or one that the member had before. */
function joiningMember(draft: Draft, { request, memberId }: ClassicJoin): ConsumerMember {
  const { group } = draft;
  const { groupInstanceId: instanceId } = request;
  if (instanceId === null) return group.member(memberId) ?? newMember(memberId);
  if (request.memberId !== '') return requireStaticMember(group, instanceId, memberId);
  const existing = group.staticMember(instanceId);
  return existing === undefined ? newMember(memberId) : replaceMember(draft, existing, memberId);
}

function saidBy({ caller, request, protocols, subscription }: ClassicJoin, former: ConsumerMember): MemberMetadata {
  // Version 0 knows only one timeout.
  const rebalanceTimeoutMs = caller.apiVersion === 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs;
  return {
    clientId: caller.clientId,
    clientHost: caller.clientHost,
    instanceId: request.groupInstanceId ?? former.instanceId,
    rackId: subscription.rackId ?? former.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? former.rebalanceTimeoutMs : rebalanceTimeoutMs,
    subscribedTopicNames: new Set(subscription.topics),
    subscribedTopicRegex: '',
    serverAssignor: former.serverAssignor,
    classic: { sessionTimeoutMs: request.sessionTimeoutMs, protocols },
  };
}

function checkPolicy(env: GroupEnvironment, { groupId }: ConsumerGroup): void {
  const { isUpgradeEnabled, isDowngradeEnabled } = migrationPolicy(env);
  if (isUpgradeEnabled || isDowngradeEnabled) return;
  throw inconsistent(
    `Cannot join the consumer group ${groupId} with the classic protocol because the group migration is disabled.`,
  );
}

function checkProtocols(group: ConsumerGroup, memberId: string, { protocolType, protocols }: JoinGroupRequest): void {
  const names = protocols.map(({ name }) => name);
  if (protocolType === PROTOCOL_TYPE && group.supportsClassicProtocol(names)) return;
  throw inconsistent(`Member ${memberId}'s protocols are not supported.`);
}

function inconsistent(message: string): KafkaError {
  return new KafkaError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, message);
}
