/** The partitions of a transaction: an immutable set. */

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export class PartitionSet implements Iterable<TopicPartition> {
  static readonly EMPTY = new PartitionSet(new Map());
  readonly #topics: ReadonlyMap<string, ReadonlySet<number>>;

  private constructor(topics: ReadonlyMap<string, ReadonlySet<number>>) {
    this.#topics = topics;
  }

  static of(partitions: Iterable<TopicPartition>): PartitionSet {
    return PartitionSet.EMPTY.with(partitions);
  }

  get isEmpty(): boolean {
    return this.#topics.size === 0;
  }

  has({ topic, partition }: TopicPartition): boolean {
    return this.#topics.get(topic)?.has(partition) === true;
  }

  hasAll(partitions: Iterable<TopicPartition>): boolean {
    for (const partition of partitions) {
      if (!this.has(partition)) return false;
    }
    return true;
  }

  /** A set with these partitions as well. */
  with(partitions: Iterable<TopicPartition>): PartitionSet {
    const topics = new Map(this.#topics);
    const added = new Map<string, Set<number>>();
    for (const { topic, partition } of partitions) {
      let indexes = added.get(topic);
      if (indexes === undefined) {
        indexes = new Set(topics.get(topic));
        added.set(topic, indexes);
        topics.set(topic, indexes);
      }
      indexes.add(partition);
    }
    return new PartitionSet(topics);
  }

  /** Partition indexes by topic, in the order in which they were added. */
  byTopic(): { readonly topic: string; readonly partitions: number[] }[] {
    return [...this.#topics].map(([topic, partitions]) => ({ topic, partitions: [...partitions] }));
  }

  *[Symbol.iterator](): Iterator<TopicPartition> {
    for (const [topic, partitions] of this.#topics) {
      for (const partition of partitions) yield { topic, partition };
    }
  }
}
