/** The topics as groups see them, and how often they changed. */
import type { MetadataStore, Topic } from '../../../metadata/types.ts';
import { groupHash, topicHash } from './metadata-hash.ts';

type Topics = Pick<MetadataStore, 'topic' | 'topicById' | 'topics' | 'onChange'>;

export class TopicImage {
  readonly #metadata: Topics;
  readonly #rack: string | null;
  readonly #hashes = new WeakMap<Topic, bigint>();
  readonly #stopListening: () => void;
  #version: number;
  #createdVersion: number;

  /**
   * @param rack rack of this broker, which has all partitions.
   * @param nowMs the first version: what was noted before the broker's start is older.
   */
  constructor(metadata: Topics, rack: string | null, nowMs: number) {
    this.#metadata = metadata;
    this.#rack = rack;
    this.#version = nowMs;
    this.#createdVersion = nowMs;
    this.#stopListening = metadata.onChange(({ kind }) => {
      if (kind === 'configs-changed') return;
      this.#version++;
      if (kind === 'topic-created') this.#createdVersion = this.#version;
    });
  }

  /** Grows with each topic that is made, changed or deleted, and with each start of the broker. */
  get version(): number {
    return this.#version;
  }

  /** The version in which the newest topic came. */
  get createdVersion(): number {
    return this.#createdVersion;
  }

  /** By name. */
  topic(name: string): Topic | undefined {
    return this.#metadata.topic(name);
  }

  topicById(id: string): Topic | undefined {
    return this.#metadata.topicById(id);
  }

  /** All, sorted by name. */
  topics(): readonly Topic[] {
    return this.#metadata.topics();
  }

  /** The checksum of what is subscribed to, see metadata-hash.ts. */
  hashOf(names: Iterable<string>): bigint {
    const hashes = new Map<string, bigint>();
    for (const name of names) {
      const topic = this.#metadata.topic(name);
      if (topic !== undefined) hashes.set(name, this.#hashOf(topic));
    }
    return groupHash(hashes);
  }

  #hashOf(topic: Topic): bigint {
    let hash = this.#hashes.get(topic);
    if (hash === undefined) this.#hashes.set(topic, (hash = topicHash(topic, this.#rack)));
    return hash;
  }

  close(): void {
    this.#stopListening();
  }
}
