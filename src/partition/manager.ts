/**
 * All partitions this broker serves. A partition is an object while it is in use; else it is a row in the engine's
 * directory, or nothing at all before the first append, and one of a run in the metadata image. The manager follows the
 * metadata: settings change in place, a deleted topic ends its partitions and their streams.
 */
import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { MetadataChange, MetadataStore, Topic, TopicPartitionInfo } from '../metadata/types.ts';
import type { DeletedTopic } from '../storage/catalog/types.ts';
import { type Durability, type JournalUsage, type LogEngine, StorageError, type StreamId } from '../storage/types.ts';
import { Compaction, type CompactionFigures } from './compaction.ts';
import { StreamPartitionLog } from './partition-log.ts';
import type { PartitionSettings } from './settings.ts';
import { TopicTraffic } from './traffic.ts';
import type { PartitionLog, PartitionManager } from './types.ts';

export interface PartitionManagerOptions {
  readonly metadata: MetadataStore;
  readonly engine: LogEngine;
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A topic that someone has asked for. */
interface OpenTopic {
  topic: Topic;
  settings: PartitionSettings;
  readonly traffic: TopicTraffic;
  /** By index: those in use. */
  readonly logs: Map<number, StreamPartitionLog>;
}

/** A topic that is gone for clients. */
type Deletion = Pick<Topic | DeletedTopic, 'id' | 'name' | 'partitions'>;

/** Partitions that are looked at before others get a turn. */
const SLICE = 256;
/** Deleted topics whose streams are deleted at a time. */
const DELETION_LANES = 16;
/** How often idle partitions are looked for; one that was not in use in between goes. */
const IDLE_MS = 20_000;
/** With more partitions in use than this they are looked for sooner, and faster: each takes about a kilobyte. */
const MANY = 50_000;
const IDLE_MS_OF_MANY = 2000;
const SLICE_OF_MANY = 1024;

/** Kafka's meaning of flush.messages and flush.ms here: a sync before every acknowledgement, or the broker's own level. */
function durabilityOf(config: PartitionSettings['config']): Durability {
  return config.flushMessages === 1 || config.flushMs === 0 ? 'fsync' : 'os';
}

function isNotFound(error: unknown): boolean {
  return error instanceof StorageError && error.code === 'NOT_FOUND';
}

function writeSnapshot(log: StreamPartitionLog): void {
  if (!log.deleted) log.producers.writeSnapshot(log.logEndOffset);
}

export class StreamPartitionManager implements PartitionManager {
  readonly #metadata: MetadataStore;
  readonly #engine: LogEngine;
  readonly #config: BrokerConfig;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #byName = new Map<string, OpenTopic>();
  readonly #byId = new Map<string, OpenTopic>();
  readonly #stopListening: readonly (() => void)[];
  /** Ids of open topics that are synced before every acknowledgement: while there are any, internal topics are too. */
  readonly #syncedTopics = new Set<string>();
  readonly #compaction: Compaction;
  #expiryTimer: Timer | null = null;
  #idleTimer: Timer | null = null;
  /** Partitions that are objects. */
  #objects = 0;
  #isEvicting = false;
  /** Deletions of topics so far, and the last one of each lane. */
  #deletions = 0;
  readonly #lanes: Promise<void>[] = [];
  #isWritingSnapshots = false;
  #isClosed = false;

  constructor(options: PartitionManagerOptions) {
    this.#metadata = options.metadata;
    this.#engine = options.engine;
    this.#config = options.config;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#stopListening = [
      this.#metadata.onChange((change) => this.#onMetadataChange(change)),
      this.#config.onChange(() => this.#onConfigChange()),
    ];
    this.#compaction = new Compaction({
      ...options,
      opened: ({ id }, index) => this.#byId.get(id)?.logs.get(index),
      open: ({ id }, index) => {
        const open = this.#byId.get(id) ?? this.#open(this.#metadata.topicById(id));
        return open === undefined ? undefined : this.#log(open, index);
      },
    });
    this.#engine.onBeforeSeal(() => this.#writeSnapshots());
    for (const deleted of this.#metadata.unfinishedDeletions) void this.#deleteStreams(deleted);
    this.#scheduleExpiry();
    this.#scheduleEviction();
  }

  get journalUsage(): JournalUsage {
    return this.#engine.usage;
  }

  get(topicName: string, index: number): PartitionLog | undefined {
    const open = this.#byName.get(topicName) ?? this.#open(this.#metadata.topic(topicName));
    return open === undefined ? undefined : this.#log(open, index);
  }

  getById(topicId: string, index: number): PartitionLog | undefined {
    const open = this.#byId.get(topicId) ?? this.#open(this.#metadata.topicById(topicId));
    return open === undefined ? undefined : this.#log(open, index);
  }

  opened(topicId: string, index: number): PartitionLog | undefined {
    return this.#byId.get(topicId)?.logs.get(index);
  }

  traffic(topicId: string): TopicTraffic | undefined {
    return this.#byId.get(topicId)?.traffic;
  }

  async applyRetention(): Promise<void> {
    let looked = 0;
    for (const topic of this.#metadata.topics()) {
      const config = this.#byName.get(topic.name)?.settings.config ?? this.#config.topicConfig(topic.configs);
      if (!config.cleanupDelete) continue;
      if (config.retentionMs < 0 && config.retentionBytes < 0) continue;
      for (const partition of topic.partitions) {
        if (this.#isClosed) return;
        if (this.#engine.has(partition.stream)) {
          await this.#retain(topic, partition, config);
          looked++;
        } else looked += 1 / SLICE;
        if (looked >= SLICE) {
          await this.#pause();
          looked = 0;
        }
      }
    }
  }

  get compactionFigures(): CompactionFigures {
    return this.#compaction.figures;
  }

  applyCompaction(): Promise<void> {
    return this.#compaction.look();
  }

  /** Stops timers and following the metadata. Appends under way still commit; snapshots are taken when the engine closes. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#compaction.close();
    this.#expiryTimer?.cancel();
    this.#idleTimer?.cancel();
    for (const stop of this.#stopListening) stop();
    return Promise.resolve();
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
    const config = this.#config.topicConfig(topic.configs);
    const isStrongest = topic.isInternal && this.#syncedTopics.size > 0;
    return {
      config,
      durability: isStrongest ? 'fsync' : durabilityOf(config),
      validation: this.#config.string('walka.validate.records') === 'header' ? 'header' : 'full',
      isInternal: topic.isInternal,
      producerExpirationMs: this.#config.int('producer.id.expiration.ms'),
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
    const log = new StreamPartitionLog(identity, open.settings, this.#engine, this.#clock);
    open.logs.set(index, log);
    this.#objects++;
    if (this.#objects === MANY + 1) this.#scheduleEviction();
    return log;
  }

  #onMetadataChange(change: MetadataChange): void {
    if (change.kind === 'configs-changed') return;
    const { topic } = change;
    if (change.kind === 'topic-deleted') {
      this.#delete(topic);
      return;
    }
    const open = this.#byId.get(topic.id);
    if (open === undefined) return;
    open.topic = topic;
    this.#configure(open);
  }

  #delete(topic: Topic): void {
    const open = this.#byId.get(topic.id);
    if (open !== undefined) {
      this.#byId.delete(topic.id);
      this.#byName.delete(topic.name);
      for (const log of open.logs.values()) log.markDeleted();
      this.#objects -= open.logs.size;
      if (this.#syncedTopics.delete(topic.id) && this.#syncedTopics.size === 0) this.#configureInternal();
    }
    void this.#deleteStreams(topic);
  }

  /** Deletes the streams of a deleted topic when it is its turn. */
  #deleteStreams(topic: Deletion): Promise<void> {
    const lane = this.#deletions++ % DELETION_LANES;
    const deletion = (this.#lanes[lane] ?? Promise.resolve()).then(() => this.#deleteNow(topic));
    this.#lanes[lane] = deletion;
    return deletion;
  }

  /** Deletes streams, and has the metadata forget the topic when the journal has said so for good. */
  async #deleteNow({ id, name, partitions }: Deletion): Promise<void> {
    try {
      let deletions: Promise<void>[] = [];
      for (const stream of partitions.streams()) {
        if (this.#engine.has(stream)) deletions.push(this.#deleteStream(stream));
        if (deletions.length < SLICE) continue;
        await Promise.all(deletions);
        deletions = [];
      }
      await Promise.all(deletions);
      await this.#metadata.endDeletion(id);
    } catch (error) {
      if (this.#isClosed) return;
      const message = 'A deleted topic may keep its space until the next start, which deletes it again.';
      this.#logger.warn('stream-delete-failed', message, { topic: name, error });
    }
  }

  async #deleteStream(stream: StreamId): Promise<void> {
    try {
      await this.#engine.deleteStream(stream);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #onConfigChange(): void {
    for (const open of this.#byId.values()) this.#configure(open);
    this.#scheduleExpiry();
  }

  async #retain(topic: Topic, partition: TopicPartitionInfo, config: PartitionSettings['config']): Promise<void> {
    try {
      const log = this.#byId.get(topic.id)?.logs.get(partition.index);
      if (log?.deleted === true) return;
      const state = this.#engine.state(partition.stream);
      // Without an object nothing was appended since the start, so all there is was committed.
      const committed = log?.highWatermark ?? state.logEndOffset;
      if (state.logStartOffset >= committed) return;
      const nowMs = this.#clock.now();
      const point = await this.#engine.retentionPoint(partition.stream, config, nowMs, committed);
      if (point <= state.logStartOffset) return;
      const open = this.#byId.get(topic.id) ?? this.#open(this.#metadata.topicById(topic.id));
      const trimmed = open === undefined ? undefined : this.#log(open, partition.index);
      if (trimmed === undefined) return;
      await trimmed.trim(point);
      this.#logger.info('log-start-moved', 'Retention moved the log start offset.', {
        topic: topic.name,
        partition: partition.index,
        logStartOffset: point,
      });
    } catch (error) {
      // A topic deleted meanwhile is none of retention's business; the next round sees to the rest.
      if (isNotFound(error)) return;
      this.#logger.warn('retention-failed', 'Retention could not look at a partition.', {
        topic: topic.name,
        partition: partition.index,
        error,
      });
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimer(0, resolve);
    });
  }

  /** Keeps what is known of producers with their streams: at a clean stop at once, else in slices. */
  #writeSnapshots(): void {
    if (this.#isClosed) {
      for (const log of this.#logs()) writeSnapshot(log);
    } else if (!this.#isWritingSnapshots) {
      this.#isWritingSnapshots = true;
      void this.#forEachLog(writeSnapshot).finally(() => {
        this.#isWritingSnapshots = false;
      });
    }
  }

  #scheduleExpiry(): void {
    this.#expiryTimer?.cancel();
    this.#expiryTimer = this.#clock.setTimer(this.#config.int('producer.id.expiration.check.interval.ms'), () => {
      const nowMs = this.#clock.now();
      const expirationMs = this.#config.int('producer.id.expiration.ms');
      void this.#forEachLog((log) => log.producers.expire(nowMs, expirationMs));
      this.#scheduleExpiry();
    });
  }

  #scheduleEviction(): void {
    this.#idleTimer?.cancel();
    this.#idleTimer = this.#clock.setTimer(this.#objects > MANY ? IDLE_MS_OF_MANY : IDLE_MS, () => {
      if (this.#isEvicting) return;
      this.#isEvicting = true;
      void this.#evictIdle().finally(() => {
        this.#isEvicting = false;
        if (!this.#isClosed) this.#scheduleEviction();
      });
    });
  }

  /** Gives up partitions that are not in use, but those of internal topics: coordinators hold on to them. */
  #evictIdle(): Promise<void> {
    return this.#forEachLog((log, { topic, logs }) => {
      if (topic.isInternal || !log.evictIfIdle()) return;
      logs.delete(log.index);
      this.#objects--;
    });
  }

  *#logs(): Generator<StreamPartitionLog, void, undefined> {
    for (const { logs } of this.#byId.values()) yield* logs.values();
  }

  /** Visits all partitions that are objects, in slices, so that others get their turn in between. */
  async #forEachLog(visit: (log: StreamPartitionLog, open: OpenTopic) => void): Promise<void> {
    let seen = 0;
    for (const open of this.#byId.values()) {
      for (const log of open.logs.values()) {
        if (this.#isClosed) return;
        visit(log, open);
        if (++seen < (this.#objects > MANY ? SLICE_OF_MANY : SLICE)) continue;
        await this.#pause();
        seen = 0;
      }
    }
  }
}
