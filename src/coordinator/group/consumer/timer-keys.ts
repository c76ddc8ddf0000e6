/** Keys of the timers of a consumer group's members. */
import type { GroupEnvironment } from '../environment.ts';
import { memberKey } from '../member-key.ts';

const KINDS = ['session', 'rebalance', 'join', 'sync'] as const;

export function timerKey(kind: (typeof KINDS)[number], groupId: string, memberId: string): string {
  return `consumer ${kind} ${memberKey(groupId, memberId)}`;
}

/** Of a member that goes. */
export function cancelTimers(env: GroupEnvironment, groupId: string, memberId: string): void {
  for (const kind of KINDS) env.timers.cancel(timerKey(kind, groupId, memberId));
}
