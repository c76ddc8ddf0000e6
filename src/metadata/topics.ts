/** The topics as this broker sees them: by name, by id, sorted. */
import { PartitionList } from '../storage/catalog/partition-list.ts';
import type { CatalogTopic } from '../storage/catalog/types.ts';
import { collisionKey, isInternalTopic } from './topic-name.ts';
import type { Topic } from './types.ts';

/** A stored topic as it looks after `starts` starts. */
export function toTopic(stored: CatalogTopic, starts: number): Topic {
  return {
    name: stored.name,
    id: stored.id,
    partitions: new PartitionList(stored.partitions.runs, (index, stream, { createdAtStart }) => ({
      index,
      stream,
      leaderEpoch: starts - createdAtStart,
    })),
    configs: stored.configs,
    isInternal: isInternalTopic(stored.name),
  };
}

export class Topics {
  readonly #byName = new Map<string, Topic>();
  readonly #byId = new Map<string, Topic>();
  /** Names that contain a character that can collide, by collision key. */
  readonly #colliding = new Map<string, string>();
  #sorted: readonly Topic[] | null = null;

  get(name: string): Topic | undefined {
    return this.#byName.get(name);
  }

  getById(id: string): Topic | undefined {
    return this.#byId.get(id);
  }

  /** The existing topic whose metric name this name would share, if any. */
  collidingWith(name: string): string | undefined {
    return /[._]/.test(name) ? this.#colliding.get(collisionKey(name)) : undefined;
  }

  /** All, sorted by name as Java sorts strings; the same array until something changes. */
  sorted(): readonly Topic[] {
    this.#sorted ??= [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return this.#sorted;
  }

  /** Adds a topic or replaces it by its newer self. */
  put(topic: Topic): void {
    this.#byName.set(topic.name, topic);
    this.#byId.set(topic.id, topic);
    if (/[._]/.test(topic.name)) this.#colliding.set(collisionKey(topic.name), topic.name);
    this.#sorted = null;
  }

  delete(topic: Topic): void {
    this.#byName.delete(topic.name);
    this.#byId.delete(topic.id);
    this.#colliding.delete(collisionKey(topic.name));
    this.#sorted = null;
  }
}
