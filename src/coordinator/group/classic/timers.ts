/** Keys of a classic group's timers. */
import type { GroupEnvironment } from '../environment.ts';
import { memberKey } from '../member-key.ts';
import type { ClassicGroup } from './group.ts';

export const timerKey = {
  heartbeat: (groupId: string, memberId: string): string => `heartbeat ${memberKey(groupId, memberId)}`,
  join: (groupId: string): string => `join ${groupId}`,
  sync: (groupId: string): string => `sync ${groupId}`,
};

/** Cancels every timer of a group that goes. */
export function cancelTimers(env: GroupEnvironment, group: ClassicGroup): void {
  env.timers.cancel(timerKey.join(group.groupId));
  env.timers.cancel(timerKey.sync(group.groupId));
  for (const member of group.members) env.timers.cancel(timerKey.heartbeat(group.groupId, member.memberId));
  for (const memberId of group.pendingJoins) env.timers.cancel(timerKey.heartbeat(group.groupId, memberId));
}
