/**
 * Has partitions of compacted topics compacted when they are due. What is due follows from the topic's settings and the
 * engine's figures; an open transaction, and what is not committed, hold it up.
 */
import { othersTurn } from '../base/clock.ts';
import type { TopicConfig } from '../config/topic-config.ts';
import type { Topic, TopicPartitionInfo } from '../metadata/types.ts';
import type { Cleanable, CompactionOutcome } from '../storage/compaction-types.ts';
import type { StreamId } from '../storage/types.ts';
import { isNotFound } from './failures.ts';
import { type OpenTopics, type PartitionManagerOptions, SLICE } from './open-topics.ts';
import type { StreamPartitionLog } from './partition-log.ts';

/** Compactions that wait or are under way at a time; further ones are found due again later. */
const MAX_RUNNING = 256;
/** Where the map of keys may be filled to, whatever the setting says. */
const MAX_LOAD_FACTOR = 0.99;
const MIN_LOAD_FACTOR = 0.01;

/** What compaction has come to since the start, and how things stood when it last looked. */
export interface CompactionFigures {
  passes: number;
  bytesBefore: number;
  bytesAfter: number;
  recordsBefore: number;
  recordsAfter: number;
  keylessRecords: number;
  /** Largest share of dirty bytes of any partition. */
  maxDirtyRatio: number;
  /** Longest time that a partition is behind max.compaction.lag.ms, in ms. */
  maxDelayMs: number;
  /** How full the map of keys got, at most, in the last pass; 0 to 1. */
  mapUtilization: number;
  /** How long the last pass took, from when it was due. */
  lastPassMs: number;
  /** Partitions that cannot be compacted, and their bytes. */
  uncleanablePartitions: number;
  uncleanableBytes: number;
  /** When it last looked, in ms; 0 before the first time. */
  lastLookMs: number;
}

/** A partition at one look. */
interface Look {
  readonly topic: Topic;
  readonly partition: TopicPartitionInfo;
  readonly config: TopicConfig;
}

export class Compaction {
  readonly #options: PartitionManagerOptions;
  readonly #topics: OpenTopics;
  readonly #running = new Set<StreamId>();
  /** Streams that cannot be compacted. */
  readonly #uncleanable = new Set<StreamId>();
  #isClosed = false;
  readonly figures: CompactionFigures = {
    passes: 0,
    bytesBefore: 0,
    bytesAfter: 0,
    recordsBefore: 0,
    recordsAfter: 0,
    keylessRecords: 0,
    maxDirtyRatio: 0,
    maxDelayMs: 0,
    mapUtilization: 0,
    lastPassMs: 0,
    uncleanablePartitions: 0,
    uncleanableBytes: 0,
    lastLookMs: 0,
  };

  constructor(options: PartitionManagerOptions, topics: OpenTopics) {
    this.#options = options;
    this.#topics = topics;
  }

  /** Looks at all partitions of compacted topics, and starts what is due. */
  async look(): Promise<void> {
    const { metadata, config, engine, clock } = this.#options;
    let looked = 0;
    let maxDirtyRatio = 0;
    let maxDelayMs = 0;
    for (const topic of metadata.topics()) {
      const topicConfig = config.topicConfig(topic.configs);
      if (!topicConfig.cleanupCompact) continue;
      for (const partition of topic.partitions) {
        if (this.#isClosed) return;
        const { stream } = partition;
        if (engine.has(stream) && !this.#running.has(stream) && !this.#uncleanable.has(stream)) {
          const found = await this.#consider({ topic, partition, config: topicConfig });
          maxDirtyRatio = Math.max(maxDirtyRatio, found?.dirtyRatio ?? 0);
          maxDelayMs = Math.max(maxDelayMs, found?.lateMs ?? 0);
          looked++;
        } else looked += 1 / SLICE;
        if (looked < SLICE) continue;
        await othersTurn(clock);
        looked = 0;
      }
    }
    let uncleanableBytes = 0;
    for (const stream of this.#uncleanable) {
      if (engine.has(stream)) uncleanableBytes += engine.state(stream).liveBytes;
      else this.#uncleanable.delete(stream);
    }
    const { figures } = this;
    figures.uncleanablePartitions = this.#uncleanable.size;
    figures.uncleanableBytes = uncleanableBytes;
    figures.maxDirtyRatio = maxDirtyRatio;
    figures.maxDelayMs = maxDelayMs;
    figures.lastLookMs = clock.now();
  }

  /** Starts nothing more. */
  close(): void {
    this.#isClosed = true;
  }

  async #consider(look: Look): Promise<Cleanable | null> {
    const { engine, clock } = this.#options;
    const { topic, partition, config } = look;
    const { stream, index } = partition;
    try {
      const nowMs = clock.now();
      // Without an object nothing was appended since it was given up, so all there is was committed.
      const committed =
        this.#topics.opened(topic.id)?.logs.get(index)?.highWatermark ?? engine.state(stream).logEndOffset;
      const rough = await engine.cleanable(stream, config, committed, nowMs);
      if (!rough.isDue || this.#running.size >= MAX_RUNNING) return rough;
      const log = this.#topics.getById(topic.id, index);
      if (log === undefined || log.deleted) return rough;
      await log.ready();
      const found = await engine.cleanable(stream, config, log.lastStableOffset, nowMs);
      if (found.isDue && !this.#isClosed) this.#start(look, log, found, nowMs);
      return found;
    } catch (error) {
      if (!isNotFound(error)) this.#failed(look, error);
      return null;
    }
  }

  #start(look: Look, log: StreamPartitionLog, cleanable: Cleanable, nowMs: number): void {
    const { engine, config, clock } = this.#options;
    const { stream } = look.partition;
    const loadFactor = Number(config.text('log.cleaner.io.buffer.load.factor'));
    const bytesPerSecond = Number(config.text('log.cleaner.io.max.bytes.per.second'));
    const startedMs = clock.monotonicMs();
    this.#running.add(stream);
    const compacted = engine.compact({
      stream,
      endOffset: cleanable.endOffset,
      nowMs,
      deleteRetentionMs: look.config.deleteRetentionMs,
      producers: log.producers.ends(log.highWatermark),
      worthBytes: cleanable.lateMs > 0 ? Number.MAX_SAFE_INTEGER : cleanable.dirtyBytes,
      mapBytes: config.int('log.cleaner.dedupe.buffer.size'),
      mapLoadFactor: Math.max(MIN_LOAD_FACTOR, Math.min(loadFactor, MAX_LOAD_FACTOR)),
      ...(bytesPerSecond < Number.MAX_SAFE_INTEGER && { bytesPerSecond: Math.max(1, bytesPerSecond) }),
    });
    void compacted
      .then(
        (outcome) => outcome !== null && this.#done(look, outcome, clock.monotonicMs() - startedMs),
        (error: unknown) => isNotFound(error) || this.#failed(look, error),
      )
      .finally(() => this.#running.delete(stream));
  }

  #done({ topic, partition }: Look, { counts, problem, cleanedEnd }: CompactionOutcome, tookMs: number): void {
    const { figures } = this;
    const { logger } = this.#options;
    const place = { topic: topic.name, partition: partition.index };
    if (problem !== null) {
      this.#uncleanable.add(partition.stream);
      logger.error('compaction-refused', 'A partition cannot be compacted; it is kept whole until the next start', {
        ...place,
        problem,
      });
      return;
    }
    figures.passes += 1;
    figures.bytesBefore += counts.bytesBefore;
    figures.bytesAfter += counts.bytesAfter;
    figures.recordsBefore += counts.recordsBefore;
    figures.recordsAfter += counts.recordsAfter;
    figures.keylessRecords += counts.keylessRecords;
    figures.mapUtilization = counts.keys / counts.mapCapacity;
    figures.lastPassMs = tookMs;
    logger.info('partition-compacted', 'A partition was compacted', { ...place, cleanedEnd, ...counts });
    if (counts.keylessRecords > 0) {
      const { keylessRecords } = counts;
      logger.warn('keyless-dropped', 'Compaction dropped records without a key', { ...place, keylessRecords });
    }
  }

  #failed({ topic, partition }: Look, error: unknown): void {
    if (this.#isClosed) return; // the next start's matter
    this.#options.logger.warn('compaction-failed', 'A partition could not be compacted now; it is tried again', {
      topic: topic.name,
      partition: partition.index,
      error,
    });
  }
}
