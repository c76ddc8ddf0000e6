/**
 * The topics that somebody has asked for, with their settings in force and those of their partitions that are in use.
 * A partition is made when it is asked for; `upkeep.ts` gives it up again.
 */
import { type Clock, othersTurn } from '../base/clock.ts';
import { growHeap } from '../base/heap.ts';
import type { Logger } from '../base/logger.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { MetadataStore, Topic } from '../metadata/types.ts';
import type { Durability, LogEngine } from '../storage/types.ts';
import { StreamPartitionLog } from './partition-log.ts';
import type { PartitionSettings } from './settings.ts';
import { TopicTraffic } from './traffic.ts';

export interface PartitionManagerOptions {
  readonly metadata: MetadataStore;
  readonly engine: LogEngine;
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A topic that someone has asked for. */
export interface OpenTopic {
  topic: Topic;
  settings: PartitionSettings;
  readonly traffic: TopicTraffic;
  /** By index: those in use. */
  readonly logs: Map<number, StreamPartitionLog>;
}

/** Partitions that are looked at before others get a turn. */
export const SLICE = 256;
/** With more partitions in use than this they are looked at faster: each takes about a kilobyte. */
const MANY = 50_000;
const SLICE_OF_MANY = 1024;

/** Each time that so many more are in use, the heap may have to grow: requests are about hundreds of partitions then. */
const HEAP_STEP = 10_000;

/** Kafka's meaning of flush.messages and flush.ms here: a sync before every acknowledgement, or the broker's own level. */
function durabilityOf(config: PartitionSettings['config']): Durability {
  return config.flushMessages === 1 || config.flushMs === 0 ? 'fsync' : 'os';
}

export class OpenTopics {
  readonly #options: PartitionManagerOptions;
  readonly #onMany: () => void;
  readonly #byName = new Map<string, OpenTopic>();
  readonly #byId = new Map<string, OpenTopic>();
  /** Ids of open topics that are synced before every acknowledgement: while there are any, internal topics are too. */
  readonly #syncedTopics = new Set<string>();
  /** Partitions that are objects. */
  #objects = 0;
  #isClosed = false;

  /** @param onMany called when there get to be many partitions in use */
  constructor(options: PartitionManagerOptions, onMany: () => void) {
    this.#options = options;
    this.#onMany = onMany;
  }

  /** Whether so many partitions are in use that their memory counts. */
  get areMany(): boolean {
    return this.#objects > MANY;
  }

  get(topicName: string, index: number): StreamPartitionLog | undefined {
    const open = this.#byName.get(topicName) ?? this.#open(this.#options.metadata.topic(topicName));
    return open === undefined ? undefined : this.#log(open, index);
  }

  getById(topicId: string, index: number): StreamPartitionLog | undefined {
    const open = this.#byId.get(topicId) ?? this.#open(this.#options.metadata.topicById(topicId));
    return open === undefined ? undefined : this.#log(open, index);
  }

  /** A topic that somebody has asked for already; who looks does not keep its partitions in use. */
  opened(topicId: string): OpenTopic | undefined {
    return this.#byId.get(topicId);
  }

  /** The topic as it is now: its settings apply from the next append on. */
  update(topic: Topic): void {
    const open = this.#byId.get(topic.id);
    if (open === undefined) return;
    open.topic = topic;
    this.#configure(open);
  }

  /** Puts changed settings of the broker in force. */
  configureAll(): void {
    for (const open of this.#byId.values()) this.#configure(open);
  }

  /** Ends the partitions of a topic that was deleted. */
  remove(topic: Topic): void {
    const open = this.#byId.get(topic.id);
    if (open === undefined) return;
    this.#byId.delete(topic.id);
    this.#byName.delete(topic.name);
    for (const log of open.logs.values()) log.markDeleted();
    this.#objects -= open.logs.size;
    if (this.#syncedTopics.delete(topic.id) && this.#syncedTopics.size === 0) this.#configureInternal();
  }

  /** Forgets a partition that was given up: whoever asks gets another object. */
  forget({ logs }: OpenTopic, index: number): void {
    if (logs.delete(index)) this.#objects--;
  }

  /** All partitions that are objects. */
  *logs(): Generator<StreamPartitionLog, void, undefined> {
    for (const { logs } of this.#byId.values()) yield* logs.values();
  }

  /** Visits all partitions that are objects, in slices, so that others get their turn in between; until `close`. */
  async forEachLog(visit: (log: StreamPartitionLog, open: OpenTopic) => void): Promise<void> {
    let seen = 0;
    for (const open of this.#byId.values()) {
      for (const log of open.logs.values()) {
        if (this.#isClosed) return;
        visit(log, open);
        if (++seen < (this.areMany ? SLICE_OF_MANY : SLICE)) continue;
        await othersTurn(this.#options.clock);
        seen = 0;
      }
    }
  }

  close(): void {
    this.#isClosed = true;
  }

  #open(topic: Topic | undefined): OpenTopic | undefined {
    if (topic === undefined) return undefined;
    const open: OpenTopic = { topic, settings: this.#settingsOf(topic), traffic: new TopicTraffic(), logs: new Map() };
    this.#byName.set(topic.name, open);
    this.#byId.set(topic.id, open);
    this.#configure(open);
    return open;
  }

  #settingsOf(topic: Topic): PartitionSettings {
    const { config: brokerConfig } = this.#options;
    const config = brokerConfig.topicConfig(topic.configs);
    const isStrongest = topic.isInternal && this.#syncedTopics.size > 0;
    return {
      config,
      durability: isStrongest ? 'fsync' : durabilityOf(config),
      validation: brokerConfig.string('walka.validate.records') === 'header' ? 'header' : 'full',
      isInternal: topic.isInternal,
      producerExpirationMs: brokerConfig.int('producer.id.expiration.ms'),
    };
  }

  /** Puts a topic's settings in force, and those of the internal topics if their durability follows. */
  #configure(open: OpenTopic): void {
    this.#apply(open);
    const wasSynced = this.#syncedTopics.size > 0;
    if (!open.topic.isInternal && open.settings.durability === 'fsync') this.#syncedTopics.add(open.topic.id);
    else this.#syncedTopics.delete(open.topic.id);
    if (wasSynced !== this.#syncedTopics.size > 0) this.#configureInternal();
  }

  #configureInternal(): void {
    for (const open of this.#byId.values()) {
      if (open.topic.isInternal) this.#apply(open);
    }
  }

  #apply(open: OpenTopic): void {
    open.settings = this.#settingsOf(open.topic);
    for (const log of open.logs.values()) log.configure(open.settings);
  }

  #log(open: OpenTopic, index: number): StreamPartitionLog | undefined {
    const existing = open.logs.get(index);
    if (existing !== undefined) {
      existing.noteUse();
      return existing;
    }
    const partition = open.topic.partitions.at(index);
    if (partition === undefined) return undefined;
    const { name: topicName, id: topicId } = open.topic;
    const { stream, leaderEpoch } = partition;
    const identity = { topicName, topicId, index, stream, leaderEpoch, traffic: open.traffic };
    const log = new StreamPartitionLog(identity, open.settings, this.#options.engine, this.#options.clock);
    open.logs.set(index, log);
    this.#objects++;
    if (this.#objects === MANY + 1) this.#onMany();
    if (this.#objects % HEAP_STEP === 0) growHeap();
    return log;
  }
}
