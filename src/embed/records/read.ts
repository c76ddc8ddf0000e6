/**
 * Reading without a client: what is in a topic now, and what comes. A reader goes by the topic's name: where the topic
 * is made anew, it begins again at the start of the new one.
 */
import { types } from 'node:util';
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { nextOffset } from '../../../protocol/records/batch.ts';
import { batchPositions } from '../../../protocol/records/iterate.ts';
import { partsBytes } from '../../base/part-bytes.ts';
import type { BrokerServices } from '../../handlers/types.ts';
import type { Topic } from '../../metadata/types.ts';
import { readFailure } from '../../partition/failures.ts';
import { IsolationLevel, type PartitionLog } from '../../partition/types.ts';
import { checkOptionsObject, checkText, isCount, shown } from '../arguments.ts';
import { missingTopic } from '../missing-topic.ts';
import { recordsOf, shown as shownAs } from './decode.ts';
import type { ConsumedRecord, FollowOptions, ReadOptions, RecordFormat } from './types.ts';

const CHUNK_BYTES = 1024 * 1024;

/** One read of a partition. */
interface Chunk<F extends RecordFormat> {
  readonly records: readonly ConsumedRecord<F>[];
  /** Exclusive: where the next read begins. */
  readonly endOffset: number;
}

export class TopicReader<F extends RecordFormat> {
  readonly topicName: string;
  readonly #services: BrokerServices;
  readonly #options: ReadOptions<F>;
  readonly #isolation: IsolationLevel;
  /** Of the topic that is read: null before there was one. */
  #topicId: string | null = null;
  /** Offset of the next record, by partition; Infinity behind `to`. */
  #positions = new Map<number, number>();

  constructor(services: BrokerServices, topicName: string, options: ReadOptions<F>) {
    this.topicName = topicName;
    this.#services = services;
    this.#options = options;
    const isUncommitted = options.isolation === 'read_uncommitted';
    this.#isolation = isUncommitted ? IsolationLevel.READ_UNCOMMITTED : IsolationLevel.READ_COMMITTED;
  }

  get topic(): Topic | undefined {
    return this.#services.metadata.topic(this.topicName);
  }

  /** Nothing will come any more: every partition is read up to `to`. */
  get isAtEnd(): boolean {
    const { to } = this.#options;
    return to !== undefined && this.#positions.size > 0 && [...this.#positions.values()].every((at) => at === Infinity);
  }

  /**
   * Goes to where reading begins in each partition that it was not in yet.
   * @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION for a partition that the topic does not have
   */
  async begin(): Promise<void> {
    const { topic } = this;
    if (topic === undefined) return;
    const isFirst = this.#topicId === null;
    if (this.#topicId !== topic.id) this.#positions = new Map();
    this.#topicId = topic.id;
    const from = isFirst ? (this.#options.from ?? 'beginning') : 'beginning';
    for (const partition of this.#partitions(topic)) {
      if (this.#positions.has(partition)) continue;
      const log = this.#log(partition);
      if (log !== undefined) this.#goTo(partition, await this.#startOf(log, from));
    }
  }

  /** What is there now, partition by partition; a later call goes on behind it. */
  async *available(): AsyncGenerator<ConsumedRecord<F>, void, undefined> {
    await this.begin();
    for (const partition of this.#positions.keys()) {
      // What comes while this is read is for the next call: a topic that is written to has an end, too.
      const endOffset = this.#endOf(partition);
      for (;;) {
        const offset = this.#positions.get(partition) ?? Infinity;
        if (offset >= endOffset) break;
        const chunk = await this.#read(partition, offset, endOffset);
        for (const record of chunk.records) {
          if (this.#isBehindEnd(record)) {
            this.#positions.set(partition, Infinity);
            break;
          }
          this.#goTo(partition, record.offset + 1);
          yield record;
        }
        if (this.#positions.get(partition) !== Infinity) this.#goTo(partition, chunk.endOffset);
      }
    }
  }

  /** Resolves when `available` may have more: at once if it has. */
  async whenMore(signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { onProgress: () => resolve() };
    const logs = [...this.#positions.keys()]
      .map((partition) => this.#log(partition))
      .filter((log) => log !== undefined);
    for (const log of logs) log.addWaiter(waiter);
    const stop = this.#services.metadata.onChange(({ kind }) => {
      if (kind !== 'configs-changed') resolve();
    });
    const end = (): void => resolve();
    signal?.addEventListener('abort', end);
    try {
      if (signal?.aborted === true || this.#hasMore()) return;
      await promise;
    } finally {
      stop();
      signal?.removeEventListener('abort', end);
      for (const log of logs) if (!log.deleted) log.removeWaiter(waiter);
    }
  }

  #goTo(partition: number, offset: number): void {
    const { to } = this.#options;
    this.#positions.set(partition, typeof to === 'number' && offset >= to ? Infinity : offset);
  }

  #hasMore(): boolean {
    if (this.topic?.id !== this.#topicId && this.topic !== undefined) return true;
    return [...this.#positions].some(([partition, offset]) => offset < this.#endOf(partition));
  }

  /** Exclusive bound of what may be read now. */
  #endOf(partition: number): number {
    const log = this.#log(partition);
    if (log === undefined) return 0;
    return this.#isolation === IsolationLevel.READ_COMMITTED ? log.lastStableOffset : log.highWatermark;
  }

  /** Undefined once the topic is gone. */
  #log(partition: number): PartitionLog | undefined {
    return this.#topicId === null ? undefined : this.#services.partitions.getById(this.#topicId, partition);
  }

  #partitions(topic: Topic): readonly number[] {
    const { partition } = this.#options;
    const count = topic.partitions.length;
    if (partition === undefined) return Array.from({ length: count }, (_, index) => index);
    const asked = typeof partition === 'number' ? [partition] : partition;
    const missing = asked.find((index) => index >= count);
    if (missing === undefined) return asked;
    const message = `${topic.name} has no partition ${missing}, only ${count}`;
    throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message);
  }

  async #startOf(log: PartitionLog, from: NonNullable<ReadOptions['from']>): Promise<number> {
    await log.ready();
    if (from === 'beginning') return log.logStartOffset;
    if (typeof from === 'number') return Math.max(from, log.logStartOffset);
    const endOffset = this.#endOf(log.index);
    if (from === 'end') return endOffset;
    return (await log.offsetForTimestamp(from.getTime(), this.#isolation))?.offset ?? endOffset;
  }

  #isBehindEnd({ offset, timestamp }: ConsumedRecord<F>): boolean {
    const { to } = this.#options;
    if (to === undefined) return false;
    return typeof to === 'number' ? offset >= to : timestamp >= to.getTime();
  }

  async #read(partition: number, offset: number, endOffset: number): Promise<Chunk<F>> {
    const log = this.#log(partition);
    if (log === undefined) return { records: [], endOffset };
    try {
      return await this.#chunkOf(log, offset, endOffset);
    } catch (error) {
      const { logStartOffset } = log;
      const failure = readFailure(error, offset, logStartOffset);
      const isGone = failure instanceof KafkaError && failure.code === ErrorCode.OFFSET_OUT_OF_RANGE;
      if (!isGone || offset >= logStartOffset) throw failure;
      // The log begins later by now: it goes on there.
      return { records: [], endOffset: logStartOffset };
    }
  }

  async #chunkOf(log: PartitionLog, offset: number, endOffset: number): Promise<Chunk<F>> {
    const { parts, byteLength, abortedTransactions } = await log.read({
      offset: Math.max(offset, log.logStartOffset),
      maxBytes: CHUNK_BYTES,
      atLeastOne: true,
      isolation: this.#isolation,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
    });
    const bytes = await partsBytes(parts, byteLength);
    let next = endOffset;
    for (const at of batchPositions(bytes)) next = nextOffset(bytes, at);
    const records: ConsumedRecord<F>[] = [];
    const format = (this.#options.as ?? 'text') as F;
    for await (const record of recordsOf(bytes, abortedTransactions)) {
      if (record.offset >= offset) records.push(shownAs(this.topicName, log.index, record, format));
    }
    return { records, endOffset: next };
  }
}

/** Offset or time of a record. */
function isPlace(value: unknown): boolean {
  return isCount(value) || (types.isDate(value) && !Number.isNaN(value.getTime()));
}

/** @throws TypeError for an option that is none, or wrong */
export function checkReadOptions(what: string, topicName: unknown, options: unknown, known: readonly string[]): void {
  checkText(`${what}: the topic`, topicName);
  checkOptionsObject(what, options);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`${what}: unknown option ${unknown}; there are ${known.join(', ')}`);
  const { as, isolation, from, to, limit, partition } = options as ReadOptions<RecordFormat>;
  if (as !== undefined && !['text', 'bytes', 'json'].includes(as)) {
    throw new TypeError(`${what}: as is text, bytes or json, not ${String(as)}`);
  }
  if (isolation !== undefined && !['read_committed', 'read_uncommitted'].includes(isolation)) {
    throw new TypeError(`${what}: isolation is read_committed or read_uncommitted, not ${String(isolation)}`);
  }
  if (from !== undefined && from !== 'beginning' && from !== 'end' && !isPlace(from)) {
    throw new TypeError(`${what}: from is an offset, a Date, beginning or end, not ${String(from)}`);
  }
  if (to !== undefined && !isPlace(to)) throw new TypeError(`${what}: to is an offset or a Date, not ${String(to)}`);
  if (limit !== undefined && limit !== Infinity && !isCount(limit)) {
    throw new TypeError(`${what}: limit is a whole number from 0 on, not ${String(limit)}`);
  }
  const wrong = (Array.isArray(partition) ? partition : [partition ?? 0]).find((index) => !isCount(index));
  if (wrong !== undefined) throw new TypeError(`${what}: a partition is a whole number from 0 on, not ${shown(wrong)}`);
}

export const READ_OPTIONS: readonly string[] = ['partition', 'from', 'to', 'isolation', 'limit', 'as'];

/** All records that are there now. @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION; TypeError */
export async function readRecords<F extends RecordFormat>(
  services: BrokerServices,
  topicName: string,
  options: ReadOptions<F>,
): Promise<ConsumedRecord<F>[]> {
  checkReadOptions('records', topicName, options, READ_OPTIONS);
  const reader = new TopicReader(services, topicName, options);
  if (reader.topic === undefined) throw missingTopic(services.metadata, topicName);
  const { limit = Infinity } = options;
  const records: ConsumedRecord<F>[] = [];
  if (limit <= 0) return records;
  for await (const record of reader.available()) {
    records.push(record);
    if (records.length >= limit) break;
  }
  return records;
}

/** The records that are there, and then those that come, until `to`, `limit` or a signal ends it. */
export async function* followRecords<F extends RecordFormat>(
  services: BrokerServices,
  topicName: string,
  options: FollowOptions<F>,
  closed: AbortSignal,
): AsyncGenerator<ConsumedRecord<F>, void, undefined> {
  checkReadOptions('follow', topicName, options, [...READ_OPTIONS, 'signal']);
  const { limit = Infinity } = options;
  const signal = options.signal === undefined ? closed : AbortSignal.any([closed, options.signal]);
  const reader = new TopicReader(services, topicName, options);
  const isOver = (): boolean => count >= limit || signal.aborted || reader.isAtEnd;
  let count = 0;
  try {
    while (!isOver()) {
      for await (const record of reader.available()) {
        yield record;
        count += 1;
        if (isOver()) return;
      }
      if (!reader.isAtEnd) await reader.whenMore(signal);
    }
  } catch (error) {
    // What is read while the broker is closed is no longer there.
    if (!closed.aborted) throw error;
  }
}
