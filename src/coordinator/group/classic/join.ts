/**
 * JoinGroup: a member comes (KIP-394: with an id it was given before), comes back, or changes what it supports. The
 * answer is parked until the join phase ends, or given at once when nothing has to change.
 */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { JoinGroupRequest } from '../../../../protocol/generated/join-group-request.ts';
import type { JoinGroupResponse } from '../../../../protocol/generated/join-group-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import { randomUuid } from '../../../base/random.ts';
import { applied } from '../../types.ts';
import { DONE } from '../environment.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import type { Group, GroupType } from '../group.ts';
import type { GroupRecord } from '../protocol.ts';
import { emptyGroupRecord } from './group-record.ts';
import { ClassicGroup } from './group.ts';
import { memberChange } from './join-attempt.ts';
import type { JoinAttempt } from './join-attempt.ts';
import { GroupMember, copyProtocols } from './member.ts';
import type { JoinAnswer } from './member.ts';
import { joinedResponse, rebalanceOrCompleteJoin, resetSession, watchPending } from './rebalance.ts';
import { replaceStaticMember } from './static-member.ts';
import type { GroupCaller } from '../caller.ts';

/** A new member has no id to send heartbeats with, so its parked JoinGroup lives this long at most. */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000;
/** First version whose new members come a second time with the id they were given. */
const KNOWN_MEMBER_ID_VERSION = 4;
/** Characters of a client or instance id that go into a member id: a string of the protocol has 32,767 bytes at most. */
const MAX_NAME_LENGTH = 10_000;

/** Types of groups whose empty ones make room for a classic group. */
const REPLACED_TYPES: ReadonlySet<GroupType> = new Set(['consumer', 'streams']);

/**
 * Serves a JoinGroup whose session timeout was checked. `answer` is called exactly once, now or later, unless the result
 * has the response.
 */
export function joinGroup(
  env: GroupEnvironment,
  caller: GroupCaller,
  request: JoinGroupRequest,
  answer: JoinAnswer,
): GroupResult<Input<JoinGroupResponse> | void> {
  const { groupId, memberId } = request;
  const former = env.groups.get(groupId);
  const known = former instanceof ClassicGroup ? former : undefined;
  if (former !== undefined && known === undefined && !(former.isEmpty && REPLACED_TYPES.has(former.type))) {
    if (former.classicMembers !== null) return former.classicMembers.join(env, caller, request);
    return refuse(answer, '', ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  }
  if (known === undefined && memberId !== '') return refuse(answer, memberId, ErrorCode.UNKNOWN_MEMBER_ID);
  const group = known ?? new ClassicGroup(groupId, env.clock.now());
  env.groups.set(groupId, group);
  // Version 0 knows only one timeout.
  const rebalanceTimeoutMs = caller.apiVersion === 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs;
  const protocols = copyProtocols(request.protocols);
  const result = admit(env, { caller, request, group, protocols, rebalanceTimeoutMs, answer });
  return known === undefined && result.records.length === 0 ? storeNewGroup(env, group, former) : result;
}

/** A group that was made for this request, in the place of an empty one, has to be in the log before others can see it. */
function storeNewGroup(env: GroupEnvironment, group: ClassicGroup, former: Group | undefined): GroupResult {
  const records = [...(former?.tombstones() ?? []), emptyGroupRecord(group)];
  return applied<GroupRecord, void>(records, undefined, (error) => {
    // The next write of the group stores it as a whole; one that nobody joined is as if it had never been.
    const isUnused = group.size === 0 && group.pendingJoins.size === 0;
    if (error === null || !isUnused || env.groups.get(group.groupId) !== group) return;
    if (former === undefined) env.groups.delete(group.groupId);
    else env.groups.set(group.groupId, former);
  });
}

function refuse(answer: JoinAnswer, memberId: string, errorCode: number): GroupResult {
  answer({ memberId, errorCode });
  return DONE;
}

function admit(env: GroupEnvironment, join: JoinAttempt): GroupResult {
  const { group, request, protocols, answer } = join;
  const { memberId } = request;
  if (!hasRoom(env, group, memberId)) {
    group.remove(memberId);
    return refuse(answer, '', ErrorCode.GROUP_MAX_SIZE_REACHED);
  }
  if (!group.supportsProtocols(request.protocolType, protocols)) {
    return refuse(answer, memberId, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  }
  return memberId === '' ? admitNew(env, join) : admitKnown(env, join);
}

/** Members that join are counted while a rebalance is on, so that the last to come stay out when the limit shrank. */
function hasRoom(env: GroupEnvironment, group: ClassicGroup, memberId: string): boolean {
  const member = group.member(memberId);
  const { maxSize } = env.settings;
  if (group.state === 'Empty') return true;
  if (group.state === 'PreparingRebalance') {
    return (member !== undefined && member.awaitingJoin !== null) || group.awaitingJoin < maxSize;
  }
  return member !== undefined || group.size < maxSize;
}

function admitNew(env: GroupEnvironment, join: JoinAttempt): GroupResult {
  const { caller, request, group, answer } = join;
  const { groupInstanceId } = request;
  const memberId = `${(groupInstanceId ?? caller.clientId).slice(0, MAX_NAME_LENGTH)}-${newUuid(env)}`;
  if (groupInstanceId !== null) {
    const existing = group.staticMemberId(groupInstanceId);
    const member = existing === undefined ? undefined : group.member(existing);
    return member === undefined ? addMember(env, join, memberId) : replaceStaticMember(env, join, member, memberId);
  }
  if (caller.apiVersion < KNOWN_MEMBER_ID_VERSION) return addMember(env, join, memberId);
  group.pendingJoins.add(memberId);
  watchPending(env, group, memberId, request.sessionTimeoutMs);
  return refuse(answer, memberId, ErrorCode.MEMBER_ID_REQUIRED);
}

/** A UUID in its usual form, as Kafka's member ids end with. */
function newUuid(env: GroupEnvironment): string {
  const hex = Buffer.from(randomUuid(env.random), 'base64url').toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function admitKnown(env: GroupEnvironment, join: JoinAttempt): GroupResult {
  const { request, group, answer } = join;
  const { memberId, groupInstanceId } = request;
  if (group.pendingJoins.has(memberId)) {
    // Pending ids are only given to dynamic members.
    if (groupInstanceId !== null) return refuse(answer, memberId, ErrorCode.UNKNOWN_MEMBER_ID);
    return addMember(env, join, memberId);
  }
  try {
    return rejoin(env, join, group.validateMember(memberId, groupInstanceId));
  } catch (error) {
    if (error instanceof KafkaError) return refuse(answer, memberId, error.code);
    throw error;
  }
}

function rejoin(env: GroupEnvironment, join: JoinAttempt, member: GroupMember): GroupResult {
  const { request, group, protocols, answer } = join;
  const { memberId } = request;
  switch (group.state) {
    case 'PreparingRebalance':
      return updateMember(env, join, member, 'a member joins again');
    case 'CompletingRebalance': {
      // The same again: the answer to the first join got lost.
      if (!member.matches(protocols)) return updateMember(env, join, member, 'a member changed what it supports');
      answer(joinedResponse(group, member));
      return DONE;
    }
    case 'Stable': {
      // A leader joins again when topics changed, which its own metadata does not show.
      if (group.isLeader(memberId)) return updateMember(env, join, member, 'the leader joins again');
      if (!member.matches(protocols)) return updateMember(env, join, member, 'a member changed what it supports');
      answer(joinedResponse(group, member));
      return DONE;
    }
    case 'Empty':
      return refuse(answer, memberId, ErrorCode.UNKNOWN_MEMBER_ID);
  }
}

function updateMember(env: GroupEnvironment, join: JoinAttempt, member: GroupMember, reason: string): GroupResult {
  // A second JoinGroup of a member replaces the first, which nobody waits for any more.
  const replaced = { memberId: member.memberId, errorCode: ErrorCode.REBALANCE_IN_PROGRESS };
  join.group.answerJoin(member, replaced);
  join.group.update(member, memberChange(join), join.answer);
  return rebalanceOrCompleteJoin(env, join.group, reason);
}

function addMember(env: GroupEnvironment, join: JoinAttempt, memberId: string): GroupResult {
  const { caller, request, group, answer } = join;
  const member = new GroupMember({
    memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: caller.clientId,
    clientHost: caller.clientHost,
    protocolType: request.protocolType,
    ...memberChange(join),
  });
  member.isNew = true;
  if (group.state === 'PreparingRebalance' && group.previousState === 'Empty') group.newMemberAdded = true;
  group.add(member, answer);
  resetSession(env, group, member, NEW_MEMBER_JOIN_TIMEOUT_MS);
  return rebalanceOrCompleteJoin(env, group, 'a member joins');
}
