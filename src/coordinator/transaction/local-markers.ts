/** Writes transaction markers into the partitions of this broker. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { GROUP_METADATA_TOPIC } from '../../metadata/topic-name.ts';
import type { EndTransactionMarker, PartitionLog, PartitionManager } from '../../partition/types.ts';
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { Pauses } from '../pauses.ts';
import type { TopicPartition } from './partition-set.ts';
import type { TransactionMarkers } from './types.ts';

/** Pause before a marker is tried again; it doubles each time, up to the second. */
const RETRY_MS = 20;
const MAX_RETRY_MS = 1000;

/** The coordinator of the offsets that a transaction may contain. */
export interface OffsetMarkers {
  /** False for a partition that the topic was given since the start: there are no offsets in it. */
  coordinates(partition: number): boolean;
  /**
   * Resolves when the marker is committed in a partition of __consumer_offsets, and the offsets in it count.
   * @throws KafkaError (as a rejection)
   */
  endTransaction(partition: number, marker: EndTransactionMarker): Promise<void>;
}

export interface LocalMarkersOptions {
  readonly partitions: PartitionManager;
  readonly offsets: OffsetMarkers;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class LocalMarkers implements TransactionMarkers {
  readonly #options: LocalMarkersOptions;
  readonly #pauses: Pauses;

  constructor(options: LocalMarkersOptions) {
    this.#options = options;
    this.#pauses = new Pauses(options.clock);
  }

  async write(partitions: Iterable<TopicPartition>, marker: EndTransactionMarker): Promise<void> {
    await Promise.all([...partitions].map((partition) => this.#writeAtLast(partition, marker)));
  }

  /**
   * Resolves when the marker is committed.
   * @throws KafkaError (as a rejection) UNKNOWN_TOPIC_OR_PARTITION, INVALID_PRODUCER_EPOCH,
   *   TRANSACTION_COORDINATOR_FENCED, KAFKA_STORAGE_ERROR; of a coordinator for __consumer_offsets
   */
  async writeOnce({ topic, partition }: TopicPartition, marker: EndTransactionMarker): Promise<void> {
    const log = this.#options.partitions.get(topic, partition);
    if (log === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    const { offsets } = this.#options;
    if (topic === GROUP_METADATA_TOPIC && offsets.coordinates(partition))
      return offsets.endTransaction(partition, marker);
    await log.ready();
    await committed(log, log.appendMarker(marker).endOffset);
  }

  async #writeAtLast(partition: TopicPartition, marker: EndTransactionMarker): Promise<void> {
    for (let retryMs = RETRY_MS; ; retryMs = Math.min(2 * retryMs, MAX_RETRY_MS)) {
      try {
        return await this.writeOnce(partition, marker);
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        if (error.code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) return;
        if (error.code !== ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) this.#warn(partition, marker, error);
        if (NEVER_TAKEN.has(error.code)) return;
      }
      await this.#pauses.pause(retryMs);
      if (this.#pauses.isClosed) throw new KafkaError(ErrorCode.NOT_COORDINATOR);
    }
  }

  #warn({ topic, partition }: TopicPartition, marker: EndTransactionMarker, error: KafkaError): void {
    const text = NEVER_TAKEN.has(error.code)
      ? 'A partition knows a newer producer or coordinator and needs no marker of this transaction.'
      : 'The marker of a transaction could not be written; it is tried again.';
    this.#options.logger.warn('transaction-marker-refused', text, {
      topic,
      partition,
      producerId: String(marker.producerId),
      error: error.message,
    });
  }

  close(): void {
    this.#pauses.close();
  }
}

/** The partition has seen what comes after the transaction: it is not open there any more. */
const NEVER_TAKEN: ReadonlySet<number> = new Set([
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.TRANSACTION_COORDINATOR_FENCED,
]);

function committed(log: PartitionLog, endOffset: number): Promise<void> {
  return new Promise((resolve, reject) => {
    log.whenCommitted(endOffset, (error) => (error === null ? resolve() : reject(error)));
  });
}
