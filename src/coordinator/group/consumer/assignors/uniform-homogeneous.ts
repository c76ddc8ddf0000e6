/**
 * The uniform assignor where all members subscribe to the same topics: everybody keeps what it has up to its quota, what
 * is left over goes to those below theirs. Time is linear in members and partitions.
 */
import type { Assignment } from '../../modern/assignment.ts';
import type { AssignedMember, GroupSpec } from '../../modern/assignor.ts';

interface TopicPartition {
  readonly topicId: string;
  readonly partition: number;
}

/** A member's target while it is put together. */
interface Draft {
  readonly target: Map<string, Set<number>>;
  /** Partitions it still lacks to its quota. */
  lacking: number;
}

export function assignHomogeneous(spec: GroupSpec): ReadonlyMap<string, Assignment> {
  const topicIds = spec.members[0]?.topicIds ?? new Set<string>();
  const { unassigned, total } = unassignedPartitions(spec, topicIds);
  const least = Math.floor(total / spec.members.length);
  let extra = total % spec.members.length;
  const targets = new Map<string, Map<string, Set<number>>>();
  const drafts: Draft[] = [];
  for (const [index, member] of spec.members.entries()) {
    const mayHaveExtra = extra > 0;
    const draft = keep(member, topicIds, { quota: mayHaveExtra ? least + 1 : least, released: unassigned });
    // One that does not need it leaves the extra partition to members behind, as long as there are enough of them.
    const yieldsExtra = mayHaveExtra && draft.lacking > 0 && spec.members.length - index > extra;
    if (yieldsExtra) draft.lacking--;
    else if (mayHaveExtra) extra--;
    targets.set(member.memberId, draft.target);
    drafts.push(draft);
  }
  let next = 0;
  for (const draft of drafts) {
    for (; draft.lacking > 0 && next < unassigned.length; draft.lacking--) {
      const { topicId, partition } = unassigned[next++] as TopicPartition;
      addTo(draft.target, topicId, partition);
    }
  }
  return targets;
}

/** Partitions of the topics that no member has, and the number of all. */
function unassignedPartitions(
  { members, partitionCount }: GroupSpec,
  topicIds: ReadonlySet<string>,
): { unassigned: TopicPartition[]; total: number } {
  const taken = new Map([...topicIds].map((topicId) => [topicId, new Set<number>()]));
  for (const { assigned } of members) {
    for (const [topicId, partitions] of assigned) {
      for (const partition of partitions) taken.get(topicId)?.add(partition);
    }
  }
  const unassigned: TopicPartition[] = [];
  let total = 0;
  for (const topicId of topicIds) {
    const count = partitionCount(topicId);
    for (let partition = 0; partition < count; partition++) {
      if (!taken.get(topicId)?.has(partition)) unassigned.push({ topicId, partition });
    }
    total += count;
  }
  return { unassigned, total };
}

/** What a member keeps of its partitions; those beyond its quota are released. */
function keep(
  member: AssignedMember,
  topicIds: ReadonlySet<string>,
  { quota, released }: { readonly quota: number; readonly released: TopicPartition[] },
): Draft {
  const target = new Map<string, Set<number>>();
  let lacking = quota;
  for (const [topicId, partitions] of member.assigned) {
    if (!topicIds.has(topicId)) continue;
    for (const partition of partitions) {
      if (lacking > 0) {
        addTo(target, topicId, partition);
        lacking--;
      } else {
        released.push({ topicId, partition });
      }
    }
  }
  return { target, lacking };
}

function addTo(target: Map<string, Set<number>>, topicId: string, partition: number): void {
  const partitions = target.get(topicId);
  if (partitions === undefined) target.set(topicId, new Set([partition]));
  else partitions.add(partition);
}
