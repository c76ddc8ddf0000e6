/** Retention: the log start offsets of partitions move past what `retention.ms` and `retention.bytes` do not keep. */
import { othersTurn } from '../base/clock.ts';
import type { TopicConfig } from '../config/topic-config.ts';
import type { Topic, TopicPartitionInfo } from '../metadata/types.ts';
import { isNotFound } from './failures.ts';
import { type OpenTopics, type PartitionManagerOptions, SLICE } from './open-topics.ts';

export class Retention {
  readonly #options: PartitionManagerOptions;
  readonly #topics: OpenTopics;
  #isClosed = false;

  constructor(options: PartitionManagerOptions, topics: OpenTopics) {
    this.#options = options;
    this.#topics = topics;
  }

  /** Looks at all partitions that retention applies to, in slices. */
  async apply(): Promise<void> {
    const { metadata, engine, clock, config: brokerConfig } = this.#options;
    let looked = 0;
    for (const topic of metadata.topics()) {
      const config = this.#topics.opened(topic.id)?.settings.config ?? brokerConfig.topicConfig(topic.configs);
      if (!config.cleanupDelete) continue;
      if (config.retentionMs < 0 && config.retentionBytes < 0) continue;
      for (const partition of topic.partitions) {
        if (this.#isClosed) return;
        if (engine.has(partition.stream)) {
          await this.#retain(topic, partition, config);
          looked++;
        } else looked += 1 / SLICE;
        if (looked >= SLICE) {
          await othersTurn(clock);
          looked = 0;
        }
      }
    }
  }

  /** Looks at nothing more. */
  close(): void {
    this.#isClosed = true;
  }

  async #retain(topic: Topic, { stream, index }: TopicPartitionInfo, config: TopicConfig): Promise<void> {
    const { engine, clock, logger } = this.#options;
    const place = { topic: topic.name, partition: index };
    try {
      const log = this.#topics.opened(topic.id)?.logs.get(index);
      if (log?.deleted === true) return;
      const state = engine.state(stream);
      // Without an object nothing was appended since the start, so all there is was committed.
      const committed = log?.highWatermark ?? state.logEndOffset;
      if (state.logStartOffset >= committed) return;
      const point = await engine.retentionPoint(stream, config, clock.now(), committed);
      if (point <= state.logStartOffset) return;
      const trimmed = this.#topics.getById(topic.id, index);
      if (trimmed === undefined) return;
      await trimmed.trim(point);
      logger.info('log-start-moved', 'Retention moved the log start offset.', { ...place, logStartOffset: point });
    } catch (error) {
      // A topic deleted meanwhile is none of retention's business; the next round, or start, sees to the rest.
      if (this.#isClosed || isNotFound(error)) return;
      logger.warn('retention-failed', 'Retention could not look at a partition.', { ...place, error });
    }
  }
}
