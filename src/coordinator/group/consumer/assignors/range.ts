/**
 * The range assignor: each topic's partitions in ranges of equal length (the first members get one more), in the order
 * of the members, so that topics with as many partitions are assigned alike. Static members come first, by instance id,
 * and so keep their ranges; then the others, by member id. What was assigned before does not count.
 */
import type { Assignment } from '../../modern/assignment.ts';
import type { AssignedMember, Assignor, GroupSpec } from '../../modern/assignor.ts';

interface Ranges {
  /** Partitions that everybody gets. */
  readonly least: number;
  /** Members that get one more, still to come. */
  extra: number;
  /** The next partition to give away. */
  next: number;
}

export const rangeAssignor: Assignor = {
  name: 'range',
  assign({ members, partitionCount }) {
    const ranges = rangesOf(members, partitionCount);
    const targets = new Map<string, Assignment>();
    for (const { memberId, topicIds } of members.toSorted(byInstance)) {
      const target = new Map<string, ReadonlySet<number>>();
      for (const topicId of topicIds) {
        const partitions = nextRange(ranges.get(topicId) as Ranges);
        if (partitions.size > 0) target.set(topicId, partitions);
      }
      targets.set(memberId, target);
    }
    return targets;
  },
};

function rangesOf(
  members: readonly AssignedMember[],
  partitionCount: GroupSpec['partitionCount'],
): Map<string, Ranges> {
  const subscribers = new Map<string, number>();
  for (const { topicIds } of members) {
    for (const topicId of topicIds) subscribers.set(topicId, (subscribers.get(topicId) ?? 0) + 1);
  }
  const ranges = new Map<string, Ranges>();
  for (const [topicId, count] of subscribers) {
    const partitions = partitionCount(topicId);
    ranges.set(topicId, { least: Math.floor(partitions / count), extra: partitions % count, next: 0 });
  }
  return ranges;
}

function nextRange(ranges: Ranges): ReadonlySet<number> {
  const length = ranges.extra > 0 ? ranges.least + 1 : ranges.least;
  if (ranges.extra > 0) ranges.extra--;
  const partitions = new Set<number>();
  for (let i = 0; i < length; i++) partitions.add(ranges.next++);
  return partitions;
}

function byInstance(a: AssignedMember, b: AssignedMember): number {
  if (a.instanceId !== null && b.instanceId !== null) return compare(a.instanceId, b.instanceId);
  if (a.instanceId !== null) return -1;
  if (b.instanceId !== null) return 1;
  return compare(a.memberId, b.memberId);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
