/**
 * Dead letters of share groups (KIP-1191): one record for each that a group gave up, in a topic that the group names and
 * that allows it. Records stay in the state "archiving" until it is written, so that a restart in between repeats it.
 */
import { BATCH_OVERHEAD } from '../../../protocol/records/batch.ts';
import { buildBatch, type NewRecord } from '../../../protocol/records/build.ts';
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import type { Clock } from '../../base/clock.ts';
import { plainSlice } from '../../base/counted.ts';
import type { Logger } from '../../base/logger.ts';
import type { BrokerConfig } from '../../config/broker-config.ts';
import type { MetadataStore } from '../../metadata/types.ts';
import type { PartitionLog, PartitionManager } from '../../partition/types.ts';
import type { SharePartitionKey } from '../persister.ts';
import type { DeadLetterQueue, DiscardedRecords } from '../types.ts';
import { letterBytes, LetterWriter } from './letter.ts';
import { type Originals, readOriginals } from './originals.ts';

/** The level of share.version from which on there are dead letters. */
const SHARE_VERSION = 2;
const TOPIC_SETTING = 'errors.deadletterqueue.group.enable';
const PRODUCE_VERSION = 13;
const MOST_BATCH_BYTES = 1_048_576;
const MOST_ATTEMPTS = 5;
const FIRST_BACKOFF_MS = 1000;

export interface DeadLettersOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly config: Pick<BrokerConfig, 'bool' | 'string'>;
  readonly metadata: MetadataStore;
  readonly partitions: Pick<PartitionManager, 'get' | 'getById'>;
}

export class DeadLetters {
  readonly #options: DeadLettersOptions;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
  }

  /** For the records of a share partition, which lives longer than the object that its log is now. */
  of({ groupId }: SharePartitionKey, log: PartitionLog): DeadLetterQueue {
    const { topicId, index } = log;
    return {
      isWanted: () => this.#topicOf(groupId) !== null,
      send: (records) => this.#send(groupId, this.#options.partitions.getById(topicId, index) ?? log, records),
    };
  }

  /** The topic that a group's dead letters go to, whether it is there or can be created; null if there is none. */
  #topicOf(groupId: string): string | null {
    const { metadata, config } = this.#options;
    const name = metadata.groupConfig(groupId).deadLetterTopicName;
    if (metadata.features.level('share.version') < SHARE_VERSION) return null;
    if (name === '' || name.startsWith('__')) return null;
    if (!name.startsWith(config.string('errors.deadletterqueue.topic.name.prefix'))) return null;
    const topic = metadata.topic(name);
    const isAllowed =
      topic === undefined
        ? config.bool('errors.deadletterqueue.auto.create.topics.enable')
        : topic.configs.get(TOPIC_SETTING) === 'true';
    return isAllowed ? name : null;
  }

  async #send(groupId: string, log: PartitionLog, discarded: DiscardedRecords): Promise<void> {
    const { logger, metadata } = this.#options;
    let { firstOffset } = discarded;
    try {
      const target = await this.#open(groupId, log.index);
      const isCopied = metadata.groupConfig(groupId).deadLetterCopyRecordEnable;
      if (target === null) return;
      while (firstOffset <= discarded.lastOffset) {
        firstOffset = await this.#sendSome(groupId, log, target, { ...discarded, firstOffset }, isCopied);
      }
    } catch (error) {
      const { lastOffset } = discarded;
      const fields = { group: groupId, topic: log.topicName, partition: log.index, firstOffset, lastOffset, error };
      logger.warn('dead-letters-lost', 'Records that a share group gave up have no dead letters.', fields);
    }
  }

  /** Where letters of a partition with such an index go; null if they are not wanted any more. */
  async #open(groupId: string, index: number): Promise<PartitionLog | null> {
    const { metadata, partitions } = this.#options;
    const name = this.#topicOf(groupId);
    if (name === null) return null;
    if (metadata.topic(name) === undefined) await this.#create(name);
    // Whoever created it at the same time may not have allowed dead letters.
    if (this.#topicOf(groupId) !== name) return null;
    const count = metadata.topic(name)?.partitions.length ?? 1;
    return partitions.get(name, index % count) ?? null;
  }

  async #create(name: string): Promise<void> {
    const { metadata, logger } = this.#options;
    const configs = new Map([
      [TOPIC_SETTING, 'true'],
      ['message.timestamp.type', 'CreateTime'],
    ]);
    try {
      await metadata.createTopic({ name, partitionCount: -1, replicationFactor: -1, assignments: null, configs });
      logger.info('topic-auto-created', `Created the topic ${name} for dead letters.`, { topic: name });
    } catch (error) {
      if (!(error instanceof KafkaError) || error.code !== ErrorCode.TOPIC_ALREADY_EXISTS) throw error;
    }
  }

  /** Sends letters for as many records as go into a batch; gives the offset to go on from. */
  async #sendSome(
    groupId: string,
    log: PartitionLog,
    target: PartitionLog,
    discarded: DiscardedRecords,
    isCopied: boolean,
  ): Promise<number> {
    const { firstOffset, lastOffset } = discarded;
    const source = { groupId, topicName: log.topicName, partition: log.index };
    const writer = new LetterWriter(source, discarded, this.#options.clock.now());
    const room = Math.min(target.config.maxMessageBytes, MOST_BATCH_BYTES) - BATCH_OVERHEAD;
    const originals = isCopied
      ? await this.#originals(log, discarded, room - letterBytes(writer.write(lastOffset, undefined)))
      : { records: new Map(), lastOffset };
    const letters: NewRecord[] = [];
    let bytes = 0;
    let offset = firstOffset;
    while (offset <= originals.lastOffset) {
      const letter = writer.write(offset, originals.records.get(offset));
      bytes += letterBytes(letter);
      if (bytes > room && letters.length > 0) break;
      letters.push(letter);
      offset++;
    }
    await this.#appendPatiently(target, buildBatch(letters));
    return offset;
  }

  /** What is to be copied; nothing when it cannot be read, and the letters go without it. */
  async #originals(log: PartitionLog, discarded: DiscardedRecords, maxBytes: number): Promise<Originals> {
    try {
      return await readOriginals(log, discarded, maxBytes);
    } catch (error) {
      const { firstOffset, lastOffset } = discarded;
      const fields = { topic: log.topicName, partition: log.index, firstOffset, lastOffset, error };
      this.#options.logger.warn('dead-letters-without-records', 'Records for dead letters cannot be read.', fields);
      return { records: new Map(), lastOffset };
    }
  }

  async #appendPatiently(target: PartitionLog, batch: Buffer): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await append(target, Buffer.from(batch));
      } catch (error) {
        const mayPass = error instanceof KafkaError && error.code === ErrorCode.KAFKA_STORAGE_ERROR;
        if (!mayPass || attempt === MOST_ATTEMPTS) throw error;
      }
      const delayMs = FIRST_BACKOFF_MS * 2 ** (attempt - 1);
      await new Promise<void>((resolve) => this.#options.clock.setTimer(delayMs, resolve));
    }
  }
}

/** Resolves when the batch is committed. */
async function append(target: PartitionLog, batch: Buffer): Promise<void> {
  const options = { origin: 'client', produceVersion: PRODUCE_VERSION } as const;
  await target.ready();
  const slice = plainSlice(batch);
  const prepared = await target.prepare(slice, options);
  const { endOffset } = target.append(prepared ?? slice, options);
  await new Promise<void>((resolve, reject) => {
    target.whenCommitted(endOffset, (error) => (error === null ? resolve() : reject(error)));
  });
}
