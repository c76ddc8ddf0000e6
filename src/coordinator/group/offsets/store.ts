/** Committed offsets of the groups of one partition of __consumer_offsets: by group, topic and partition. */
import type { Undo } from '../../types.ts';
import type { CommittedOffset, OffsetRecord } from './records.ts';

type ByPartition = Map<number, CommittedOffset>;
type ByTopic = Map<string, ByPartition>;

/** Where an offset was committed. */
export interface OffsetKey {
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
}

const NONE: ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> = new Map();

export class OffsetStore {
  readonly #byGroup = new Map<string, ByTopic>();

  /** A group's offsets by topic and partition. */
  ofGroup(groupId: string): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> {
    return this.#byGroup.get(groupId) ?? NONE;
  }

  get({ groupId, topic, partition }: OffsetKey): CommittedOffset | undefined {
    return this.#byGroup.get(groupId)?.get(topic)?.get(partition);
  }

  /** Ids of groups with offsets. */
  groupIds(): Iterable<string> {
    return this.#byGroup.keys();
  }

  /** The records that a group's offsets consist of in the log. */
  liveRecords(groupId: string): OffsetRecord[] {
    const records: OffsetRecord[] = [];
    for (const [topic, partitions] of this.ofGroup(groupId)) {
      for (const [partition, value] of partitions) records.push({ kind: 'offset', groupId, topic, partition, value });
    }
    return records;
  }

  /** Sets an offset, or forgets it (null); gives what brings the former state back. */
  replay(key: OffsetKey, value: CommittedOffset | null): Undo {
    const previous = this.get(key) ?? null;
    this.#set(key, value);
    return () => this.#set(key, previous);
  }

  #set({ groupId, topic, partition }: OffsetKey, value: CommittedOffset | null): void {
    if (value === null) {
      this.#remove(groupId, topic, partition);
      return;
    }
    let topics = this.#byGroup.get(groupId);
    if (topics === undefined) this.#byGroup.set(groupId, (topics = new Map()));
    let partitions = topics.get(topic);
    if (partitions === undefined) topics.set(topic, (partitions = new Map()));
    partitions.set(partition, value);
  }

  #remove(groupId: string, topic: string, partition: number): void {
    const topics = this.#byGroup.get(groupId);
    const partitions = topics?.get(topic);
    if (topics === undefined || partitions === undefined) return;
    partitions.delete(partition);
    if (partitions.size === 0) topics.delete(topic);
    if (topics.size === 0) this.#byGroup.delete(groupId);
  }
}
