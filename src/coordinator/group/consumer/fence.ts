/** Removes members from a consumer group. */
import { answer } from '../../types.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { canDowngrade, downgrade } from './downgrade.ts';
import { drafted } from './draft.ts';
import type { ConsumerGroup } from './group.ts';
import type { ConsumerMember } from './member.ts';
import { epochRecord, memberTombstones, regexRecord, targetEpochRecord } from './records.ts';

/**
 * Their clocks run on, in case it cannot be stored; they mean nothing to a member that is gone. The others get their partitions with the next assignment. If only members of the classic protocol are left, the group
 * becomes a classic one.
 */
export function fenceMembers<R>(
  env: GroupEnvironment,
  group: ConsumerGroup,
  members: readonly ConsumerMember[],
  response: R,
): GroupResult<R> {
  const { groupId } = group;
  if (members.length === 0) return answer(response);
  if (canDowngrade(env, group, members)) return downgrade(env, group, { leaving: members, response });
  return drafted(group, (draft) => {
    for (const { memberId } of members) draft.add(...memberTombstones(groupId, memberId));
    for (const regex of group.resolvedRegexes.keys()) {
      if (group.regexMembers(regex) === 0) draft.add(regexRecord(groupId, regex, null));
    }
    draft.add(epochRecord(groupId, group.groupEpoch + 1, env.topics.hashOf(group.subscribedTopics())));
    // The next member to come need not wait for its assignment.
    if (group.isEmpty) draft.add(targetEpochRecord(groupId, group.groupEpoch, 0));
    return response;
  });
}
