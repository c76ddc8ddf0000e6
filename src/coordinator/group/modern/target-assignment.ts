/** Computes a group's target assignment anew. */
import { NO_PARTITIONS, samePartitions } from './assignment.ts';
import type { Assignment } from './assignment.ts';
import type { AssignedMember, Assignor, GroupSpec } from './assignor.ts';
import type { ModernGroup } from './group.ts';
import type { ModernMember } from './member.ts';
import type { TopicImage } from './topic-image.ts';

/** A member's new target. */
export interface NewTarget {
  readonly memberId: string;
  readonly target: Assignment;
}

export interface TargetInput<M extends ModernMember> {
  readonly group: ModernGroup<M>;
  readonly assignor: Assignor;
  readonly topics: TopicImage;
  /** Names of the topics that a member subscribes to, in whatever way. */
  readonly subscribedBy: (member: M) => Iterable<string>;
}

/** The targets that change, and those of members that had none so far. */
export function changedTargets<M extends ModernMember>(input: TargetInput<M>): NewTarget[] {
  const { group, assignor } = input;
  if (group.isEmpty) return [];
  const assigned = assignor.assign(groupSpec(input));
  const changed: NewTarget[] = [];
  for (const memberId of group.members.keys()) {
    const previous = group.targets.get(memberId);
    const target = assigned.get(memberId) ?? NO_PARTITIONS;
    if (previous === undefined || !samePartitions(previous, target)) changed.push({ memberId, target });
  }
  return changed;
}

function groupSpec<M extends ModernMember>({ group, topics, subscribedBy }: TargetInput<M>): GroupSpec {
  const { isHomogeneous } = group;
  let shared: ReadonlySet<string> | null = null;
  const members = [...group.members.values()].map((member): AssignedMember => {
    const topicIds: ReadonlySet<string> = shared ?? existingIds(topics, subscribedBy(member));
    if (isHomogeneous) shared = topicIds;
    const { memberId, instanceId, rackId } = member;
    return { memberId, instanceId, rackId, topicIds, assigned: group.target(memberId) };
  });
  return { members, isHomogeneous, partitionCount: (id) => topics.topicById(id)?.partitions.length ?? 0 };
}

/** Ids of those of the topics that exist. */
export function existingIds(topics: TopicImage, names: Iterable<string>): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const name of names) {
    const topic = topics.topic(name);
    if (topic !== undefined) ids.add(topic.id);
  }
  return ids;
}
