/** Removes a member from a share group. */
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { memberKey } from '../member-key.ts';
import { drafted } from './draft.ts';
import type { ShareGroup } from './group.ts';
import type { ShareMember } from './member.ts';
import { epochRecord, memberTombstones, targetEpochRecord } from './records.ts';

/** Key of the timer that a member's silence lets run out. */
export function sessionTimerKey(groupId: string, memberId: string): string {
  return `share session ${memberKey(groupId, memberId)}`;
}

/** Its clock runs on, in case it cannot be stored. The others get its partitions with the next assignment. */
export function fenceMember<R>(
  env: GroupEnvironment,
  group: ShareGroup,
  { memberId }: ShareMember,
  response: R,
): GroupResult<R> {
  const { groupId } = group;
  return drafted(group, (draft) => {
    draft.add(...memberTombstones(groupId, memberId));
    draft.add(epochRecord(groupId, group.groupEpoch + 1, env.topics.hashOf(group.subscribedTopics())));
    // The next member to come need not wait for its assignment.
    if (group.isEmpty) draft.add(targetEpochRecord(groupId, group.groupEpoch, 0));
    return response;
  });
}
