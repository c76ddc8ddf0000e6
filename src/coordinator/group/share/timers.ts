/** The clock of a share group's members: who is silent for too long is removed. */
import { DONE } from '../environment.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { fenceMember, sessionTimerKey } from './fence.ts';
import { shareGroup } from './find.ts';
import type { ShareGroup } from './group.ts';

/** The member was heard of. */
export function resetSession(env: GroupEnvironment, { groupId, sessions }: ShareGroup, memberId: string): void {
  const timeoutMs = env.metadata.groupConfig(groupId).shareSessionTimeoutMs;
  if (sessions.get(memberId)?.pushBack(timeoutMs) === true) return;
  const key = sessionTimerKey(groupId, memberId);
  sessions.set(
    memberId,
    env.timers.set(key, timeoutMs, () => expire(env, groupId, memberId)),
  );
}

function expire(env: GroupEnvironment, groupId: string, memberId: string): GroupResult {
  const group = shareGroup(env, groupId);
  const member = group?.member(memberId);
  if (group === undefined || member === undefined) return DONE;
  env.logger.info('group-member-expired', 'A member of a share group was silent for too long and is removed.', {
    group: groupId,
    member: memberId,
  });
  return fenceMember(env, group, member, undefined);
}
