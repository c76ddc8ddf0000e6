/**
 * Which partitions have a state with the share coordinator. A partition is assigned only once its state is initialized;
 * topics whose states are being deleted are noted until that is done. Nothing here changes.
 */

export interface StateTopic {
  readonly name: string;
  readonly partitions: ReadonlySet<number>;
  /** When this was said, in ms. */
  readonly sinceMs: number;
}

/** By topic id. */
export type StateTopics = ReadonlyMap<string, StateTopic>;

export interface StatePartitions {
  readonly initializing: StateTopics;
  readonly initialized: StateTopics;
  /** Names by topic id. */
  readonly deleting: ReadonlyMap<string, string>;
}

const NO_TOPICS: StateTopics = new Map();
export const NO_STATES: StatePartitions = { initializing: NO_TOPICS, initialized: NO_TOPICS, deleting: new Map() };

/** All of both. */
export function union(a: StateTopics, b: StateTopics): StateTopics {
  const all = new Map(a);
  for (const [topicId, topic] of b) {
    const known = all.get(topicId);
    const partitions = new Set([...(known?.partitions ?? []), ...topic.partitions]);
    all.set(topicId, { ...topic, partitions });
  }
  return all;
}

/** What of `a` is not in `b`; a topic of which nothing is left goes. */
export function without(a: StateTopics, b: StateTopics): StateTopics {
  const left = new Map<string, StateTopic>();
  for (const [topicId, topic] of a) {
    const gone = b.get(topicId)?.partitions;
    const partitions = new Set([...topic.partitions].filter((partition) => gone?.has(partition) !== true));
    if (partitions.size > 0) left.set(topicId, { ...topic, partitions });
  }
  return left;
}

/** What of topics begins to be initialized is not being deleted any more. */
export function withInitializing(states: StatePartitions, topics: StateTopics): StatePartitions {
  const deleting = new Map([...states.deleting].filter(([topicId]) => !topics.has(topicId)));
  return { ...states, initializing: union(states.initializing, topics), deleting };
}

export function withoutTopics(topics: StateTopics, topicIds: ReadonlySet<string>): StateTopics {
  return new Map([...topics].filter(([topicId]) => !topicIds.has(topicId)));
}
