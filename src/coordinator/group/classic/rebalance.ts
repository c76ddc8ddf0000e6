/**
 * Rebalances of a group: beginning one, waiting for its members to join, completing the join phase, and removing members
 * that do not join, sync or send heartbeats in time.
 */
import type { Input } from '../../../../protocol/input.ts';
import type { JoinGroupResponse } from '../../../../protocol/generated/join-group-response.ts';
import { ErrorCode } from '../../../../protocol/errors.ts';
import { applied } from '../../types.ts';
import { DONE } from '../environment.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { groupRecord } from './group-record.ts';
import type { ClassicGroup } from './group.ts';
import { NO_BYTES } from './member.ts';
import type { GroupMember } from './member.ts';
import { answerRemoved } from './parked.ts';
import { timerKey } from './timers.ts';

/** What a member that joined is told. The leader gets everybody's subscription, to assign from. */
export function joinedResponse(group: ClassicGroup, member: GroupMember): Input<JoinGroupResponse> {
  return {
    errorCode: ErrorCode.NONE,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? '',
    memberId: member.memberId,
    members: group.isLeader(member.memberId) ? joinedMembers(group) : [],
  };
}

/** All members with their subscriptions under the selected protocol. */
function joinedMembers(group: ClassicGroup): NonNullable<Input<JoinGroupResponse>['members']> {
  return group.members.map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: member.metadata(group.protocolName),
  }));
}

/** Begins a rebalance unless one is under way; completes its join phase if nobody is missing. */
export function rebalanceOrCompleteJoin(env: GroupEnvironment, group: ClassicGroup, reason: string): GroupResult {
  return group.canRebalance ? beginRebalance(env, group, reason) : completeJoinIfReady(env, group);
}

/** Completes the join phase if all have joined; the first rebalance of a group waits for its delay in any case. */
export function completeJoinIfReady(env: GroupEnvironment, group: ClassicGroup): GroupResult {
  const isWaiting = group.state === 'PreparingRebalance' && group.previousState !== 'Empty';
  return isWaiting && group.haveAllJoined ? completeJoin(env, group) : DONE;
}

export function beginRebalance(env: GroupEnvironment, group: ClassicGroup, reason: string): GroupResult {
  if (group.state === 'CompletingRebalance') {
    for (const member of group.members) member.assignment = NO_BYTES;
    answerSyncs(env, group, ErrorCode.REBALANCE_IN_PROGRESS);
  }
  group.pendingSyncs.clear();
  env.timers.cancel(timerKey.sync(group.groupId));
  const isFirst = group.state === 'Empty';
  group.transitionTo('PreparingRebalance', env.clock.now());
  env.logger.info('group-rebalance', 'A group begins to rebalance.', {
    group: group.groupId,
    generation: group.generationId,
    reason,
  });
  if (isFirst) {
    const delayMs = env.settings.initialRebalanceDelayMs;
    waitForFirstMembers(env, group, delayMs, Math.max(group.rebalanceTimeoutMs - delayMs, 0));
    return DONE;
  }
  if (group.haveAllJoined) return completeJoin(env, group);
  setJoinTimer(env, group);
  return DONE;
}

function setJoinTimer(env: GroupEnvironment, group: ClassicGroup): void {
  env.timers.set(timerKey.join(group.groupId), group.rebalanceTimeoutMs, () => {
    return isCurrent(env, group) ? completeJoin(env, group) : DONE;
  });
}

/** Waits `delayMs`, and again while members keep coming, `remainingMs` more at most. */
function waitForFirstMembers(env: GroupEnvironment, group: ClassicGroup, delayMs: number, remainingMs: number): void {
  env.timers.set(timerKey.join(group.groupId), delayMs, () => {
    if (!isCurrent(env, group)) return DONE;
    if (!group.newMemberAdded || remainingMs === 0) return completeJoin(env, group);
    group.newMemberAdded = false;
    const nextMs = Math.min(env.settings.initialRebalanceDelayMs, remainingMs);
    waitForFirstMembers(env, group, nextMs, Math.max(remainingMs - delayMs, 0));
    return DONE;
  });
}

/** False for a group that was deleted, even if another of its name exists. */
function isCurrent(env: GroupEnvironment, group: ClassicGroup): boolean {
  return env.groups.get(group.groupId) === group;
}

/** Ends the join phase: who has not joined is out (static members stay until their session ends). */
function completeJoin(env: GroupEnvironment, group: ClassicGroup): GroupResult {
  env.timers.cancel(timerKey.join(group.groupId));
  for (const member of group.members) {
    if (member.awaitingJoin !== null || member.isStatic) continue;
    group.remove(member.memberId);
    env.timers.cancel(timerKey.heartbeat(group.groupId, member.memberId));
  }
  if (group.size > 0 && !group.electJoinedLeader()) {
    // Only static members are left and none of them is back: wait for them, or for their sessions to end.
    setJoinTimer(env, group);
    return DONE;
  }
  group.newMemberAdded = false;
  group.nextGeneration(env.clock.now());
  if (group.size === 0) {
    // A lost record does no harm: after a restart the members of the generation before would be found and time out.
    return applied([groupRecord(group, new Map())], undefined, () => {});
  }
  for (const member of group.members) {
    group.answerJoin(member, joinedResponse(group, member));
    resetSession(env, group, member);
    member.isNew = false;
    group.pendingSyncs.add(member.memberId);
  }
  setSyncTimer(env, group);
  return DONE;
}

/** Members that have joined must sync within the rebalance timeout. */
function setSyncTimer(env: GroupEnvironment, group: ClassicGroup): void {
  const { generationId } = group;
  env.timers.set(timerKey.sync(group.groupId), group.rebalanceTimeoutMs, () => {
    const isAwaited = group.state === 'CompletingRebalance' || group.state === 'Stable';
    if (!isCurrent(env, group) || group.generationId !== generationId || !isAwaited) return DONE;
    if (group.pendingSyncs.size === 0) return DONE;
    for (const memberId of group.pendingSyncs) {
      group.remove(memberId);
      env.timers.cancel(timerKey.heartbeat(group.groupId, memberId));
    }
    return beginRebalance(env, group, 'members did not sync in time');
  });
}

/** Notes that a member has synced. */
export function memberSynced(env: GroupEnvironment, group: ClassicGroup, memberId: string): void {
  group.pendingSyncs.delete(memberId);
  if (group.pendingSyncs.size === 0) env.timers.cancel(timerKey.sync(group.groupId));
}

/** Answers every parked SyncGroup with the member's assignment, or with an error. */
export function answerSyncs(env: GroupEnvironment, group: ClassicGroup, errorCode: number): void {
  const isOk = errorCode === ErrorCode.NONE;
  for (const member of group.members) {
    const wasParked = group.answerSync(member, {
      errorCode,
      protocolType: isOk ? group.protocolType : null,
      protocolName: isOk ? group.protocolName : null,
      assignment: member.assignment,
    });
    // Its session could not end while it was parked, so its clock starts anew.
    if (wasParked) resetSession(env, group, member);
  }
}

/** The member was heard of: its session ends `timeoutMs` (default: its session timeout) from now. */
export function resetSession(
  env: GroupEnvironment,
  group: ClassicGroup,
  member: GroupMember,
  timeoutMs = member.sessionTimeoutMs,
): void {
  if (member.session?.pushBack(timeoutMs) === true) return;
  const key = timerKey.heartbeat(group.groupId, member.memberId);
  member.session = env.timers.set(key, timeoutMs, () => expireMember(env, group, member.memberId));
}

/** Watches an id that was given out until it is used. */
export function watchPending(env: GroupEnvironment, group: ClassicGroup, memberId: string, timeoutMs: number): void {
  const key = timerKey.heartbeat(group.groupId, memberId);
  env.timers.set(key, timeoutMs, () => expireMember(env, group, memberId));
}

function expireMember(env: GroupEnvironment, group: ClassicGroup, memberId: string): GroupResult {
  if (!isCurrent(env, group)) return DONE;
  if (group.pendingJoins.has(memberId)) {
    group.remove(memberId);
    return group.state === 'PreparingRebalance' && group.haveAllJoined ? completeJoin(env, group) : DONE;
  }
  const member = group.member(memberId);
  if (member === undefined || member.isExcusedFromHeartbeat) return DONE;
  env.logger.info('group-member-expired', 'A member was silent for its session timeout and is removed.', {
    group: group.groupId,
    member: memberId,
  });
  answerRemoved(group, member);
  group.remove(memberId);
  if (group.canRebalance) return group.state === 'Empty' ? DONE : beginRebalance(env, group, 'a member was silent');
  return group.haveAllJoined ? completeJoin(env, group) : DONE;
}
