/**
 * The clocks of a consumer group's members: one for silence, one for partitions that they are to give back, and for those
 * of the classic protocol one to join and one to sync. Who lets one run out is removed.
 */
import { DONE } from '../environment.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { fenceMembers } from './fence.ts';
import { consumerGroup } from './find.ts';
import type { ConsumerGroup } from './group.ts';
import type { ConsumerMember } from './member.ts';
import { sessionTimeoutMs } from './settings.ts';
import { timerKey } from './timer-keys.ts';

/** The member was heard of. */
export function resetSession(env: GroupEnvironment, group: ConsumerGroup, member: ConsumerMember): void {
  const timeoutMs = member.classic?.sessionTimeoutMs ?? sessionTimeoutMs(env, group.groupId);
  if (group.sessions.get(member.memberId)?.pushBack(timeoutMs) !== true) watchSession(env, group, member, timeoutMs);
}

/** The member was read from the log: until it is heard of, one of the classic protocol has the clocks of all others. */
export function restoreClocks(env: GroupEnvironment, group: ConsumerGroup, member: ConsumerMember): void {
  const { groupId } = group;
  watchSession(env, group, member, sessionTimeoutMs(env, groupId));
  watchRevocation(env, groupId, member);
}

function watchSession(
  env: GroupEnvironment,
  { groupId, sessions }: ConsumerGroup,
  { memberId }: ConsumerMember,
  timeoutMs: number,
): void {
  const key = timerKey('session', groupId, memberId);
  sessions.set(
    memberId,
    env.timers.set(key, timeoutMs, () => expire(env, groupId, memberId, 'silence')),
  );
}

/** The member was asked to give partitions back, or is not any more. */
export function watchRevocation(env: GroupEnvironment, groupId: string, member: ConsumerMember): void {
  const { memberId, memberEpoch, rebalanceTimeoutMs, state } = member;
  const key = timerKey('rebalance', groupId, memberId);
  if (state !== 'unrevoked') {
    env.timers.cancel(key);
    return;
  }
  env.timers.set(key, rebalanceTimeoutMs, () => {
    const current = consumerGroup(env, groupId)?.member(memberId);
    // What asked for it may have been lost.
    if (current?.state !== 'unrevoked' || current.memberEpoch !== memberEpoch) return DONE;
    return expire(env, groupId, memberId, 'it did not give partitions back');
  });
}

/** A classic member was told to join again; its time counts from the first time it was told. */
export function watchJoin(env: GroupEnvironment, groupId: string, member: ConsumerMember): void {
  const { memberId, rebalanceTimeoutMs } = member;
  const key = timerKey('join', groupId, memberId);
  if (env.timers.has(key)) return;
  env.timers.set(key, rebalanceTimeoutMs, () => expire(env, groupId, memberId, 'it did not join'));
}

/** A classic member has joined and has to sync. */
export function watchSync(env: GroupEnvironment, groupId: string, member: ConsumerMember): void {
  const { memberId, rebalanceTimeoutMs } = member;
  env.timers.cancel(timerKey('join', groupId, memberId));
  const key = timerKey('sync', groupId, memberId);
  env.timers.set(key, rebalanceTimeoutMs, () => expire(env, groupId, memberId, 'it did not sync'));
}

export function memberSynced(env: GroupEnvironment, groupId: string, memberId: string): void {
  env.timers.cancel(timerKey('sync', groupId, memberId));
}

/** Removes a member, if it is still there. */
function expire(env: GroupEnvironment, groupId: string, memberId: string, reason: string): GroupResult {
  const group = consumerGroup(env, groupId);
  const member = group?.member(memberId);
  if (group === undefined || member === undefined) return DONE;
  env.logger.info('group-member-expired', 'A member of a consumer group ran out of time and is removed.', {
    group: groupId,
    member: memberId,
    reason,
  });
  return fenceMembers(env, group, [member], undefined);
}
