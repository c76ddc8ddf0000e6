/** Offsets by group, topic and partition. */
import type { CommittedOffset } from './records.ts';

/** Where an offset is committed. */
export interface OffsetKey {
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
}

/** An offset with where its record stands in the log: of two for one key the later counts. */
export interface StoredOffset extends CommittedOffset {
  readonly recordOffset: number;
}

/** A group's offsets by topic and partition. */
export type GroupOffsets = ReadonlyMap<string, ReadonlyMap<number, StoredOffset>>;

type ByPartition = Map<number, StoredOffset>;
type ByTopic = Map<string, ByPartition>;

const NONE: GroupOffsets = new Map();

export class OffsetTable {
  readonly #byGroup = new Map<string, ByTopic>();

  get isEmpty(): boolean {
    return this.#byGroup.size === 0;
  }

  /** Ids of groups with offsets. */
  groupIds(): Iterable<string> {
    return this.#byGroup.keys();
  }

  ofGroup(groupId: string): GroupOffsets {
    return this.#byGroup.get(groupId) ?? NONE;
  }

  hasGroup(groupId: string): boolean {
    return this.#byGroup.has(groupId);
  }

  get({ groupId, topic, partition }: OffsetKey): StoredOffset | undefined {
    return this.#byGroup.get(groupId)?.get(topic)?.get(partition);
  }

  /** Sets an offset, or forgets it; gives the former one. */
  set(key: OffsetKey, stored: StoredOffset | undefined): StoredOffset | undefined {
    if (stored === undefined) return this.#remove(key);
    const { groupId, topic, partition } = key;
    let topics = this.#byGroup.get(groupId);
    if (topics === undefined) this.#byGroup.set(groupId, (topics = new Map()));
    let partitions = topics.get(topic);
    if (partitions === undefined) topics.set(topic, (partitions = new Map()));
    const former = partitions.get(partition);
    partitions.set(partition, stored);
    return former;
  }

  #remove({ groupId, topic, partition }: OffsetKey): StoredOffset | undefined {
    const topics = this.#byGroup.get(groupId);
    const partitions = topics?.get(topic);
    if (topics === undefined || partitions === undefined) return undefined;
    const former = partitions.get(partition);
    partitions.delete(partition);
    if (partitions.size === 0) topics.delete(topic);
    if (topics.size === 0) this.#byGroup.delete(groupId);
    return former;
  }
}

/** Each offset of a group with its key. */
export function* entriesOf(groupId: string, offsets: GroupOffsets): Iterable<readonly [OffsetKey, StoredOffset]> {
  for (const [topic, partitions] of offsets) {
    for (const [partition, stored] of partitions) yield [{ groupId, topic, partition }, stored];
  }
}
