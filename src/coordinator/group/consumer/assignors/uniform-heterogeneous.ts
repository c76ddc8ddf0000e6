/**
 * The uniform assignor where members subscribe to different topics. Members keep what they have; what nobody has goes to
 * the subscriber with the fewest partitions; then partitions move from the fullest to the emptiest subscriber of their
 * topic, as long as that brings the two closer. Topics with the most partitions per subscriber come first.
 */
import type { Assignment } from '../../modern/assignment.ts';
import type { GroupSpec } from '../../modern/assignor.ts';
import { LoadQueue } from './load-queue.ts';

/** Rounds over all topics at most: it is balanced sooner, save for subscriptions that overlap in odd ways. */
const MAX_ROUNDS = 16;
const NOBODY = -1;

interface Topic {
  readonly id: string;
  /** Indexes of the members that subscribe to it, ascending. */
  readonly subscribers: number[];
  /** Index of the member that has each partition. */
  readonly owners: Int32Array;
}

export function assignHeterogeneous(spec: GroupSpec): ReadonlyMap<string, Assignment> {
  const topics = topicsOf(spec);
  const loads = new Int32Array(spec.members.length);
  keepAssigned(spec, topics, loads);
  const ordered = [...topics.values()].sort(byPressure);
  for (const topic of ordered) assignUnowned(topic, loads);
  balance(ordered, loads);
  return toTargets(spec, topics);
}

function topicsOf({ members, partitionCount }: GroupSpec): Map<string, Topic> {
  const topics = new Map<string, Topic>();
  for (const [index, { topicIds }] of members.entries()) {
    for (const id of topicIds) {
      let topic = topics.get(id);
      if (topic === undefined) {
        topic = { id, subscribers: [], owners: new Int32Array(partitionCount(id)).fill(NOBODY) };
        topics.set(id, topic);
      }
      topic.subscribers.push(index);
    }
  }
  return topics;
}

function keepAssigned({ members }: GroupSpec, topics: ReadonlyMap<string, Topic>, loads: Int32Array): void {
  for (const [index, { topicIds, assigned }] of members.entries()) {
    for (const [topicId, partitions] of assigned) {
      const topic = topics.get(topicId);
      if (topic === undefined || !topicIds.has(topicId)) continue;
      for (const partition of partitions) {
        if (topic.owners[partition] === NOBODY) move(topic, partition, { to: index, loads });
      }
    }
  }
}

function move(
  topic: Topic,
  partition: number,
  { to, loads }: { readonly to: number; readonly loads: Int32Array },
): void {
  const from = topic.owners[partition] ?? NOBODY;
  if (from !== NOBODY) loads[from] = (loads[from] ?? 0) - 1;
  loads[to] = (loads[to] ?? 0) + 1;
  topic.owners[partition] = to;
}

/** Most partitions per subscriber first, of equals the one with fewer subscribers. */
function byPressure(a: Topic, b: Topic): number {
  return (
    b.owners.length / b.subscribers.length - a.owners.length / a.subscribers.length ||
    a.subscribers.length - b.subscribers.length ||
    (a.id < b.id ? -1 : 1)
  );
}

function assignUnowned(topic: Topic, loads: Int32Array): void {
  if (!topic.owners.includes(NOBODY)) return;
  const emptiest = new LoadQueue(topic.subscribers, loads, 'least');
  for (const [partition, owner] of topic.owners.entries()) {
    if (owner === NOBODY) move(topic, partition, { to: emptiest.peek() as number, loads });
  }
}

/** Ends after a round in which nothing moved. */
function balance(topics: readonly Topic[], loads: Int32Array): void {
  const shared = topics.filter(({ subscribers }) => subscribers.length > 1);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let moved = 0;
    for (const topic of shared) moved += balanceTopic(topic, loads);
    if (moved === 0) return;
  }
}

/** Gives the number of partitions that moved. */
function balanceTopic(topic: Topic, loads: Int32Array): number {
  const owned = new Map<number, number[]>();
  for (const [partition, owner] of topic.owners.entries()) {
    const partitions = owned.get(owner);
    if (partitions === undefined) owned.set(owner, [partition]);
    else partitions.push(partition);
  }
  const emptiest = new LoadQueue(topic.subscribers, loads, 'least');
  const fullest = new LoadQueue([...owned.keys()], loads, 'most');
  for (let moved = 0; ; moved++) {
    const to = emptiest.peek();
    let from = fullest.peek();
    while (from !== undefined && owned.get(from)?.length === 0) {
      fullest.remove();
      from = fullest.peek();
    }
    if (from === undefined || to === undefined || (loads[from] ?? 0) - (loads[to] ?? 0) <= 1) return moved;
    // What a member has just been given does not go on to the next.
    move(topic, owned.get(from)?.pop() as number, { to, loads });
  }
}

function toTargets({ members }: GroupSpec, topics: ReadonlyMap<string, Topic>): ReadonlyMap<string, Assignment> {
  const targets = members.map(() => new Map<string, Set<number>>());
  for (const { id, owners } of topics.values()) {
    for (const [partition, owner] of owners.entries()) {
      const target = targets[owner] as Map<string, Set<number>>;
      const partitions = target.get(id);
      if (partitions === undefined) target.set(id, new Set([partition]));
      else partitions.add(partition);
    }
  }
  return new Map(members.map(({ memberId }, index) => [memberId, targets[index] as Assignment]));
}
