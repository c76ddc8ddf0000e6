/** Who is to have which partitions: the shapes that groups with an assignor on the broker share. Nothing here changes. */

/** Partitions by topic id. A topic without partitions is left out. */
export type Assignment = ReadonlyMap<string, ReadonlySet<number>>;

/** Partitions by topic id, each with the epoch in which the member was given it. */
export type EpochedAssignment = ReadonlyMap<string, ReadonlyMap<number, number>>;

export const NO_PARTITIONS: ReadonlyMap<string, never> = new Map<string, never>();

/** Partition numbers of one topic: the keys of a map, or a set. */
type Partitions = ReadonlySet<number> | ReadonlyMap<number, number>;

/** The partitions of a topic as messages and records list them. */
export interface TopicPartitions {
  readonly topicId: string;
  readonly partitions: readonly number[];
}

/** True if both have the same partitions of the same topics; epochs do not count. */
export function samePartitions(a: ReadonlyMap<string, Partitions>, b: ReadonlyMap<string, Partitions>): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId);
    if (others === undefined || others.size !== partitions.size) return false;
    for (const partition of partitions.keys()) if (!others.has(partition)) return false;
  }
  return true;
}

/** True if both have the same partitions of the same topics, given in the same epochs. */
export function sameEpochs(a: EpochedAssignment, b: EpochedAssignment): boolean {
  if (a === b) return true;
  if (!samePartitions(a, b)) return false;
  for (const [topicId, epochs] of a) {
    for (const [partition, epoch] of epochs) if (b.get(topicId)?.get(partition) !== epoch) return false;
  }
  return true;
}

/** True if every partition listed is in `assignment`. */
export function containsAll(assignment: ReadonlyMap<string, Partitions>, listed: readonly TopicPartitions[]): boolean {
  return listed.every(({ topicId, partitions }) => {
    const assigned = assignment.get(topicId);
    return assigned !== undefined && partitions.every((partition) => assigned.has(partition));
  });
}

/** True if a partition listed is in `assignment`. */
export function containsAny(assignment: ReadonlyMap<string, Partitions>, listed: readonly TopicPartitions[]): boolean {
  return listed.some(({ topicId, partitions }) => {
    const assigned = assignment.get(topicId);
    return assigned !== undefined && partitions.some((partition) => assigned.has(partition));
  });
}

/** As messages and records list it, partitions in ascending order. */
export function toTopicPartitions(assignment: ReadonlyMap<string, Partitions>): TopicPartitions[] {
  return [...assignment].map(([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions.keys()].sort((a, b) => a - b),
  }));
}

export function toAssignment(listed: readonly TopicPartitions[]): Assignment {
  if (listed.length === 0) return NO_PARTITIONS;
  return new Map(listed.map(({ topicId, partitions }) => [topicId, new Set(partitions)]));
}

/** The same partitions, all given in `epoch`. */
export function withEpoch(assignment: ReadonlyMap<string, Partitions>, epoch: number): EpochedAssignment {
  if (assignment.size === 0) return NO_PARTITIONS;
  const epoched = new Map<string, ReadonlyMap<number, number>>();
  for (const [topicId, partitions] of assignment) {
    epoched.set(topicId, new Map([...partitions.keys()].map((partition) => [partition, epoch])));
  }
  return epoched;
}
