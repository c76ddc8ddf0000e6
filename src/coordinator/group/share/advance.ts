/**
 * What a member's request can set off in its share group: a new epoch of the group, a new target assignment, and the
 * member's step to its target.
 */
import type { GroupEnvironment } from '../environment.ts';
import { samePartitions, type Assignment } from '../modern/assignment.ts';
import { changedTargets, existingIds } from '../modern/target-assignment.ts';
import type { Draft } from './draft.ts';
import type { ShareGroup } from './group.ts';
import type { ShareMember } from './member.ts';
import { assignmentRecord, epochRecord, targetEpochRecord, targetRecord } from './records.ts';
import { simpleAssignor } from './simple-assignor.ts';

/**
 * Raises the group's epoch if members want it so, if the topics have changed, or if more partitions may be assigned; true
 * if it did.
 */
export function advanceGroupEpoch(env: GroupEnvironment, draft: Draft, isWanted: boolean): boolean {
  const { group } = draft;
  const { topics } = env;
  const isDue = isWanted || (group.groupEpoch <= group.assignmentEpoch && isAssignmentPending(group));
  if (!isDue && group.hasCheckedTopics(topics)) return false;
  const hash = topics.hashOf(group.subscribedTopics());
  const isRaised = isDue || hash !== group.metadataHash;
  if (isRaised) draft.add(epochRecord(group.groupId, group.groupEpoch + 1, hash));
  group.noteTopicsChecked(topics, group.groupEpoch);
  return isRaised;
}

/**
 * True if partitions have been initialized that nobody has been given, or if some are assigned no more. Every heartbeat
 * asks: it takes time in proportion to what is assigned.
 */
export function isAssignmentPending(group: ShareGroup): boolean {
  if (group.isEmpty) return false;
  const assigned = new Map<string, Set<number>>();
  for (const target of group.targets.values()) {
    for (const [topicId, partitions] of target) {
      let all = assigned.get(topicId);
      if (all === undefined) assigned.set(topicId, (all = new Set()));
      for (const partition of partitions) all.add(partition);
    }
  }
  for (const [topicId, { name, partitions }] of group.states.initialized) {
    if (!group.isSubscribedTo(name)) continue;
    const known = assigned.get(topicId);
    if (known === undefined || !samePartitions(new Map([[topicId, known]]), new Map([[topicId, partitions]])))
      return true;
  }
  return false;
}

/** Computes the target assignment anew if it is due. */
export function advanceTarget(env: GroupEnvironment, draft: Draft): void {
  const { group } = draft;
  const { groupId, groupEpoch } = group;
  const nowMs = env.clock.now();
  if (!group.mayAssign(env.metadata.groupConfig(groupId).shareAssignmentIntervalMs, nowMs)) return;
  const assignor = simpleAssignor((topicId, partition) => group.isInitialized(topicId, partition));
  const changed = changedTargets({ group, assignor, topics: env.topics, subscribedBy });
  for (const { memberId, target } of changed) draft.add(targetRecord(groupId, memberId, target));
  draft.add(targetEpochRecord(groupId, groupEpoch, nowMs));
}

function subscribedBy({ subscribedTopicNames }: ShareMember): ReadonlySet<string> {
  return subscribedTopicNames;
}

/** Takes the member to its target, or what it cannot have any more from it; gives the member as it is then. */
export function advanceMember(
  env: GroupEnvironment,
  draft: Draft,
  member: ShareMember,
  hasGroupChanged: boolean,
): ShareMember {
  const { group } = draft;
  const isBehind = member.memberEpoch !== group.assignmentEpoch;
  if (!isBehind && !hasGroupChanged) return member;
  const assigned = subscribedPart(env, member, group.target(member.memberId));
  if (!isBehind && samePartitions(assigned, member.assigned)) return member;
  const next = {
    ...member,
    assigned,
    memberEpoch: group.assignmentEpoch,
    previousMemberEpoch: isBehind ? member.memberEpoch : member.previousMemberEpoch,
  };
  draft.add(assignmentRecord(group.groupId, next));
  return next;
}

/** Topics that exist and that the member subscribes to. */
function subscribedPart({ topics }: GroupEnvironment, member: ShareMember, assignment: Assignment): Assignment {
  const subscribed = existingIds(topics, member.subscribedTopicNames);
  return new Map([...assignment].filter(([topicId]) => subscribed.has(topicId)));
}
