/**
 * The assignor of share groups, by topic: every partition has as many members as it takes to give all members something,
 * members have equally many partitions, and as few partitions move as the balance allows.
 */
import type { Assignment } from '../modern/assignment.ts';
import type { AssignedMember, Assignor, GroupSpec } from '../modern/assignor.ts';

/** @param isAssignable whether a partition may be given out already */
export function simpleAssignor(isAssignable: (topicId: string, partition: number) => boolean): Assignor {
  return {
    name: 'simple',
    assign: (spec) => {
      const partitionsOf = (topicId: string): Partition[] => {
        const all = Array.from({ length: spec.partitionCount(topicId) }, (_, index) => ({ topicId, index }));
        return all.filter(({ index }) => isAssignable(topicId, index));
      };
      const result = new Map<string, Map<string, Set<number>>>();
      for (const { members, topicIds } of sharings(spec)) {
        share(members, [...topicIds].flatMap(partitionsOf), result);
      }
      return result as ReadonlyMap<string, Assignment>;
    },
  };
}

interface Partition {
  readonly topicId: string;
  readonly index: number;
}

interface Sharing {
  readonly members: readonly AssignedMember[];
  readonly topicIds: ReadonlySet<string>;
}

/** All topics at once where all members subscribe to the same, else each topic with those who subscribe to it. */
function sharings({ members, isHomogeneous }: GroupSpec): readonly Sharing[] {
  if (isHomogeneous) return [{ members, topicIds: members[0]?.topicIds ?? new Set() }];
  const topicIds = new Set(members.flatMap((member) => [...member.topicIds]));
  return [...topicIds].map((topicId) => ({
    members: members.filter((member) => member.topicIds.has(topicId)),
    topicIds: new Set([topicId]),
  }));
}

/** What one member has in the end, and how much it is to have. */
interface Share {
  readonly memberId: string;
  readonly wanted: number;
  readonly partitions: Set<string>;
}

/** Adds what each of the members is to have of the partitions. */
function share(
  members: readonly AssignedMember[],
  partitions: readonly Partition[],
  result: Map<string, Map<string, Set<number>>>,
): void {
  const { length: count } = partitions;
  if (count === 0) return;
  const sharing = Math.ceil(members.length / count);
  const each = (sharing * count) / members.length;
  const byName = new Map(partitions.map((partition) => [nameOf(partition), partition]));
  const holders = new Map([...byName.keys()].map((name) => [name, 0]));
  const shares = members.map((member, i): Share => {
    const wanted = Math.ceil(each * (i + 1)) - Math.ceil(each * i);
    return { memberId: member.memberId, wanted, partitions: kept(member, wanted, sharing, holders) };
  });
  fill(shares, sharing, holders);
  for (const { memberId, partitions: names } of shares) {
    const assignment = result.get(memberId) ?? new Map<string, Set<number>>();
    result.set(memberId, assignment);
    for (const name of names) {
      const { topicId, index } = byName.get(name) as Partition;
      assignment.set(topicId, (assignment.get(topicId) ?? new Set()).add(index));
    }
  }
}

/** What a member keeps of what it had: no more than it is to have, of partitions that have room. */
function kept(member: AssignedMember, wanted: number, sharing: number, holders: Map<string, number>): Set<string> {
  const names = new Set<string>();
  for (const [topicId, indexes] of member.assigned) {
    for (const index of indexes) {
      const name = nameOf({ topicId, index });
      const holderCount = holders.get(name);
      if (holderCount === undefined || holderCount >= sharing || names.size >= wanted) continue;
      names.add(name);
      holders.set(name, holderCount + 1);
    }
  }
  return names;
}

/** Gives partitions that too few members have to members that have too few. */
function fill(shares: readonly Share[], sharing: number, holders: Map<string, number>): void {
  for (const [name, held] of holders) {
    let holderCount = held;
    for (const { wanted, partitions } of shares) {
      if (holderCount >= sharing) break;
      if (partitions.size >= wanted || partitions.has(name)) continue;
      partitions.add(name);
      holderCount += 1;
    }
    holders.set(name, holderCount);
  }
}

function nameOf({ topicId, index }: Partition): string {
  return `${topicId}:${index}`;
}
