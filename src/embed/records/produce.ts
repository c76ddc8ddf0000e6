/**
 * Producing without a client: records become batches as a client's would, and go the way of a Produce request from the
 * partition on, with its validation, compaction rules and re-compression. Only the socket is left out.
 */
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { CODECS_BY_NAME } from '../../../protocol/records/batch.ts';
import { buildCompressedBatch } from '../../../protocol/records/build.ts';
import { plainSlice, type Slice } from '../../base/counted.ts';
import { didYouMean } from '../../config/nearest.ts';
import { autoCreateTopics } from '../../handlers/auto-create.ts';
import type { BrokerServices } from '../../handlers/types.ts';
import type { Topic } from '../../metadata/types.ts';
import type { AppendOptions, AppendResult, PartitionLog } from '../../partition/types.ts';
import { type EncodedRecord, encodeRecord } from './encode.ts';
import { partitionOfKey } from '../../../protocol/records/partitioner.ts';
import type { ProducedRecord, ProduceOptions, RecordPlace } from './types.ts';

/** The newest version of Produce, whose rules apply. */
const CLIENT: AppendOptions = { origin: 'client', produceVersion: 13 };
/** Records and bytes of a batch, about; a batch has one record at least. */
const BATCH_RECORDS = 1000;
const BATCH_BYTES = 256 * 1024;

type OneOrMore = string | Uint8Array | ProducedRecord | readonly (string | Uint8Array | ProducedRecord)[];

/** A record, its place in the list it was given in, and its partition. */
interface PlacedRecord {
  readonly record: EncodedRecord;
  readonly at: number;
}

export class RecordProducer {
  readonly #services: BrokerServices;
  /** By name, of the topic that has it now: how many records without a key it got. */
  readonly #turns = new Map<string, { readonly id: string; readonly records: number }>();

  constructor(services: BrokerServices) {
    this.#services = services;
  }

  /**
   * Resolves, with the place of each, when all are committed.
   * @throws TypeError, RangeError; KafkaError, and then batches before the one that failed may be there
   */
  async produce(topicName: string, given: OneOrMore, options: ProduceOptions = {}): Promise<RecordPlace[]> {
    const { compression = 'none' } = options;
    const codec = CODECS_BY_NAME[compression];
    if (codec === undefined) {
      throw new TypeError(
        `produce: compression is ${Object.keys(CODECS_BY_NAME).join(', ')}, not ${String(compression)}`,
      );
    }
    const nowMs = this.#services.clock.now();
    const list = isList(given) ? given : [given];
    const records = list.map((record, at) => encodeRecord(record, `produce: record ${at}`, nowMs));
    const topic = await this.#topic(topicName);
    const places: RecordPlace[] = Array.from({ length: records.length });
    const writes = [...this.#byPartition(topic, records)].map(async ([partition, placed]) => {
      const committed: Promise<void>[] = [];
      for (const batch of batchesOf(placed)) {
        const bytes = await buildCompressedBatch(
          batch.map(({ record }) => record),
          { compression: codec },
        );
        const { log, result } = await this.#append(topic, partition, plainSlice(bytes));
        for (const [delta, { at }] of batch.entries()) {
          places[at] = { topic: topicName, partition, offset: result.baseOffset + delta };
        }
        committed.push(whenCommitted(log, result));
        // Who is not waited for yet may fail meanwhile.
        committed.at(-1)?.catch(() => {});
      }
      await Promise.all(committed);
    });
    await Promise.all(writes);
    return places;
  }

  /** @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION */
  async #topic(name: string): Promise<Topic> {
    const { metadata, config } = this.#services;
    if (metadata.topic(name) === undefined && config.bool('auto.create.topics.enable')) {
      await autoCreateTopics(this.#services, [name]);
    }
    const topic = metadata.topic(name);
    if (topic === undefined) {
      const hint = didYouMean(
        name,
        metadata.topics().map((other) => other.name),
      );
      throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `There is no topic ${name}${hint}`);
    }
    if (topic.isInternal) {
      throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, `The topic ${name} is the broker's own.`);
    }
    return topic;
  }

  #byPartition(topic: Topic, records: readonly EncodedRecord[]): Map<number, PlacedRecord[]> {
    const count = topic.partitions.length;
    const byPartition = new Map<number, PlacedRecord[]>();
    for (const [at, record] of records.entries()) {
      const partition = record.partition ?? this.#partitionFor(topic, record.key, count);
      if (partition >= count) {
        const has = count === 1 ? 'one partition, 0' : `partitions 0 to ${count - 1}`;
        const message = `produce: record ${at} is for partition ${partition}, and ${topic.name} has ${has}`;
        throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message);
      }
      const placed = byPartition.get(partition) ?? [];
      byPartition.set(partition, placed);
      placed.push({ record, at });
    }
    return byPartition;
  }

  #partitionFor({ id, name }: Topic, key: Uint8Array | null, count: number): number {
    if (key !== null) return partitionOfKey(key, count);
    const last = this.#turns.get(name);
    const turn = last?.id === id ? last.records : 0;
    this.#turns.set(name, { id, records: turn + 1 });
    return turn % count;
  }

  async #append(
    topic: Topic,
    partition: number,
    batch: Slice,
  ): Promise<{ readonly log: PartitionLog; readonly result: AppendResult }> {
    const log = this.#log(topic, partition);
    await log.ready();
    const prepared = (await log.prepare(batch, CLIENT)) ?? batch;
    return { log, result: log.append(prepared, CLIENT) };
  }

  #log({ id, name }: Topic, partition: number): PartitionLog {
    const log = this.#services.partitions.getById(id, partition);
    if (log === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic ${name} was deleted.`);
    return log;
  }
}

function isList(given: OneOrMore): given is readonly (string | Uint8Array | ProducedRecord)[] {
  return Array.isArray(given);
}

function* batchesOf(placed: readonly PlacedRecord[]): Generator<PlacedRecord[], void, undefined> {
  let batch: PlacedRecord[] = [];
  let byteLength = 0;
  for (const one of placed) {
    const bytes = (one.record.key?.length ?? 0) + (one.record.value?.length ?? 0);
    if (batch.length > 0 && (batch.length >= BATCH_RECORDS || byteLength + bytes > BATCH_BYTES)) {
      yield batch;
      batch = [];
      byteLength = 0;
    }
    batch.push(one);
    byteLength += bytes;
  }
  if (batch.length > 0) yield batch;
}

function whenCommitted(log: PartitionLog, { endOffset }: AppendResult): Promise<void> {
  return new Promise((resolve, reject) => {
    log.whenCommitted(endOffset, (error) => (error === null ? resolve() : reject(error)));
  });
}
