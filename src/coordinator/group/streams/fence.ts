/** Takes members out of streams groups: they leave, fall silent, or do not give up their tasks in time. */
import { replayed } from '../../types.ts';
import { DONE } from '../environment.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { memberKey } from '../member-key.ts';
import { MemberState } from './member.ts';
import type { StreamsMember } from './member.ts';
import { assignmentEpochRecord, groupRecord, memberTombstones } from './records.ts';
import type { StreamsRecord } from './records.ts';
import { StreamsGroup } from './streams-group.ts';

export const timerKey = {
  initialDelay: (groupId: string): string => `streams initial ${groupId}`,
  session: (groupId: string, memberId: string): string => `streams session ${memberKey(groupId, memberId)}`,
  rebalance: (groupId: string, memberId: string): string => `streams rebalance ${memberKey(groupId, memberId)}`,
};

/** What takes a member out, whose clocks run on in case it cannot be stored; others get its tasks with the next assignment. */
export function fenceMember(group: StreamsGroup, memberId: string): StreamsRecord[] {
  const { groupId } = group;
  const epoch = group.epoch.epoch + 1;
  const records = [...memberTombstones(groupId, memberId), groupRecord(groupId, { ...group.epoch, epoch })];
  // Without members there is nothing to assign, and the next one to come need not wait for its turn.
  if (group.members.size === 1) records.push(assignmentEpochRecord(groupId, { epoch, timestampMs: 0 }));
  return records;
}

/** Gives the member another session timeout from now on. */
export function resetSession(env: GroupEnvironment, groupId: string, memberId: string): void {
  const { streamsSessionTimeoutMs } = env.metadata.groupConfig(groupId);
  env.timers.set(timerKey.session(groupId, memberId), streamsSessionTimeoutMs, () =>
    expire(env, groupId, memberId, 'its session expired', () => true),
  );
}

/** A member that has tasks to give up has its rebalance timeout for it, from the answer that asks for it. */
export function watchRevocation(env: GroupEnvironment, groupId: string, member: StreamsMember): void {
  const { memberId, memberEpoch, rebalanceTimeoutMs, state } = member;
  const key = timerKey.rebalance(groupId, memberId);
  if (state !== MemberState.UNREVOKED_TASKS) {
    env.timers.cancel(key);
    return;
  }
  // What asked for it may have been lost.
  const isAsked = (it: StreamsMember): boolean =>
    it.state === MemberState.UNREVOKED_TASKS && it.memberEpoch === memberEpoch;
  env.timers.set(key, rebalanceTimeoutMs, () =>
    expire(env, groupId, memberId, 'it did not give up its tasks in time', isAsked),
  );
}

function expire(
  env: GroupEnvironment,
  groupId: string,
  memberId: string,
  reason: string,
  applies: (member: StreamsMember) => boolean,
): GroupResult {
  const group = env.groups.get(groupId);
  const member = group instanceof StreamsGroup ? group.members.get(memberId) : undefined;
  if (!(group instanceof StreamsGroup) || member === undefined || !applies(member)) return DONE;
  env.logger.info('member-removed', `A member of a streams group is removed: ${reason}.`, { groupId, memberId });
  return replayed(fenceMember(group, memberId), undefined);
}
