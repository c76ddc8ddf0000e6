/**
 * All partitions this broker serves. A partition is an object while it is in use; else it is a row in the engine's
 * directory, or nothing at all before the first append, and one of a run in the metadata image. The manager follows the
 * metadata: settings change in place, a deleted topic ends its partitions and their streams.
 */
import type { MetadataChange } from '../metadata/types.ts';
import type { JournalUsage, LogEngine } from '../storage/types.ts';
import { Compaction, type CompactionFigures } from './compaction.ts';
import { OpenTopics, type PartitionManagerOptions } from './open-topics.ts';
import { Retention } from './retention.ts';
import { StreamDeletions } from './stream-deletions.ts';
import type { TopicTraffic } from './traffic.ts';
import type { PartitionLog, PartitionManager } from './types.ts';
import { Upkeep } from './upkeep.ts';

export class StreamPartitionManager implements PartitionManager {
  readonly #engine: LogEngine;
  readonly #topics: OpenTopics;
  readonly #retention: Retention;
  readonly #compaction: Compaction;
  readonly #upkeep: Upkeep;
  readonly #deletions: StreamDeletions;
  readonly #stopListening: readonly (() => void)[];

  constructor(options: PartitionManagerOptions) {
    const { metadata, config } = options;
    this.#engine = options.engine;
    this.#stopListening = [
      metadata.onChange((change) => this.#onMetadataChange(change)),
      config.onChange(() => this.#onConfigChange()),
    ];
    this.#topics = new OpenTopics(options, () => this.#upkeep.scheduleEviction());
    this.#retention = new Retention(options, this.#topics);
    this.#compaction = new Compaction(options, this.#topics);
    this.#upkeep = new Upkeep(options, this.#topics);
    this.#deletions = new StreamDeletions(options);
    this.#upkeep.scheduleExpiry();
    this.#upkeep.scheduleEviction();
  }

  get journalUsage(): JournalUsage {
    return this.#engine.usage;
  }

  get(topicName: string, index: number): PartitionLog | undefined {
    return this.#topics.get(topicName, index);
  }

  getById(topicId: string, index: number): PartitionLog | undefined {
    return this.#topics.getById(topicId, index);
  }

  opened(topicId: string, index: number): PartitionLog | undefined {
    return this.#topics.opened(topicId)?.logs.get(index);
  }

  traffic(topicId: string): TopicTraffic | undefined {
    return this.#topics.opened(topicId)?.traffic;
  }

  applyRetention(): Promise<void> {
    return this.#retention.apply();
  }

  get compactionFigures(): CompactionFigures {
    return this.#compaction.figures;
  }

  applyCompaction(): Promise<void> {
    return this.#compaction.look();
  }

  /** Stops timers and following the metadata. Appends under way still commit; snapshots are taken when the engine closes. */
  close(): Promise<void> {
    this.#topics.close();
    this.#deletions.close();
    this.#retention.close();
    this.#compaction.close();
    this.#upkeep.close();
    for (const stop of this.#stopListening) stop();
    return Promise.resolve();
  }

  #onMetadataChange(change: MetadataChange): void {
    if (change.kind === 'configs-changed') return;
    if (change.kind !== 'topic-deleted') {
      this.#topics.update(change.topic);
      return;
    }
    this.#topics.remove(change.topic);
    this.#deletions.add(change.topic);
  }

  #onConfigChange(): void {
    this.#topics.configureAll();
    this.#upkeep.scheduleExpiry();
  }
}
