/**
 * What a member's request can set off in its consumer group: a new epoch of the group, a new target assignment, and the
 * member's next step towards its target.
 */
import type { GroupEnvironment } from '../environment.ts';
import type { TopicPartitions } from '../modern/assignment.ts';
import { changedTargets, existingIds } from '../modern/target-assignment.ts';
import type { Draft } from './draft.ts';
import { isReconciledTo, sameAssignment } from './member.ts';
import type { ConsumerMember } from './member.ts';
import { reconcile } from './reconcile.ts';
import { assignmentRecord, epochRecord, targetEpochRecord, targetRecord } from './records.ts';
import { assignmentIntervalMs, assignorFor } from './settings.ts';
import { watchRevocation } from './timers.ts';

/** Raises the group's epoch if members want it so, or if the topics have changed. */
export function advanceGroupEpoch(env: GroupEnvironment, draft: Draft, isWanted: boolean): void {
  const { group } = draft;
  const { topics } = env;
  if (!isWanted && group.hasCheckedTopics(topics)) return;
  const hash = topics.hashOf(group.subscribedTopics());
  if (isWanted || hash !== group.metadataHash) draft.add(epochRecord(group.groupId, group.groupEpoch + 1, hash));
  group.noteTopicsChecked(topics, group.groupEpoch);
}

/** Computes the target assignment anew if it is due. */
export function advanceTarget(env: GroupEnvironment, draft: Draft): void {
  const { group } = draft;
  const { groupId, groupEpoch } = group;
  const nowMs = env.clock.now();
  if (!group.mayAssign(assignmentIntervalMs(env, groupId), nowMs)) return;
  const assignor = assignorFor(env, group.preferredAssignor);
  const { topics } = env;
  const changed = changedTargets({ group, assignor, topics, subscribedBy: (member) => group.subscribedBy(member) });
  for (const { memberId, target } of changed) draft.add(targetRecord(groupId, memberId, target));
  draft.add(targetEpochRecord(groupId, groupEpoch, nowMs));
  env.logger.info('group-assigned', 'A new target assignment is computed.', {
    group: groupId,
    epoch: groupEpoch,
    assignor: assignor.name,
    changedMembers: changed.length,
  });
}

export interface MemberProgress {
  readonly hasSubscriptionChanged: boolean;
  /** What the member says that it has; null if it does not say. */
  readonly owned: readonly TopicPartitions[] | null;
}

/** Takes the member a step closer to its target; gives the member as it is then. */
export function advanceMember(
  env: GroupEnvironment,
  draft: Draft,
  member: ConsumerMember,
  { hasSubscriptionChanged, owned }: MemberProgress,
): ConsumerMember {
  const { group } = draft;
  const { memberId } = member;
  if (!hasSubscriptionChanged && isReconciledTo(member, group.assignmentEpoch)) return member;
  const next = reconcile({
    member,
    target: group.target(memberId),
    targetEpoch: group.assignmentEpoch,
    hasSubscriptionChanged,
    subscribedTopicIds: existingIds(env.topics, group.subscribedBy(member)),
    isTaken(topicId, partition) {
      const owner = group.owners.of(topicId, partition);
      return owner !== undefined && owner !== memberId;
    },
    owned,
  });
  if (sameAssignment(next, member)) return member;
  draft.add(assignmentRecord(group.groupId, next));
  // Members of the classic protocol are watched by how they join and sync.
  if (next.classic === null) watchRevocation(env, group.groupId, next);
  return next;
}
