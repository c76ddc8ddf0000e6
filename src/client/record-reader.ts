/**
 * Reads partitions from an offset on, up to an end or for ever: one fetch under way at each leader, the next one asked
 * for while what came is looked at.
 */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { PartitionData } from '../../protocol/generated/fetch-response.ts';
import { AbortedFilter } from '../../protocol/records/aborted.ts';
import { nextOffset } from '../../protocol/records/batch.ts';
import { isPassing } from './errors.ts';
import type { KafkaClient } from './kafka-client.ts';
import { byTopic, type PartitionName, partitionOffsets } from './offsets.ts';
import { FETCH } from './record-apis.ts';
import { type FetchedBatch, wholeBatches } from './record-batches.ts';

/** What to read of a partition. */
export interface ReadRange extends PartitionName {
  readonly startOffset: number;
  /** Exclusive; Infinity: go on with what comes. */
  readonly endOffset: number;
}

export interface ReaderOptions {
  /** Leave out what is not committed; default true. */
  readonly isCommitted?: boolean;
  /** Bytes of a fetch, and of a partition in it; defaults 16 and 4 MiB. */
  readonly maxBytes?: number;
  readonly maxPartitionBytes?: number;
  /** How long a broker may wait for records, in ms; default 500. */
  readonly maxWaitMs?: number;
  /** How long reading goes on without an answer from a leader, in ms; default 30 s. */
  readonly retryMs?: number;
  /** Told when records that were to be read are gone: reading goes on at `offset`. */
  readonly onSkipped?: (place: PartitionName, wantedOffset: number, offset: number) => void;
}

const MIB = 1024 * 1024;
const MAX_BACKOFF_MS = 1000;

interface Position extends PartitionName {
  offset: number;
  readonly endOffset: number;
  /** A fetch is under way. */
  isFetching: boolean;
}

/** What one fetch brought. */
interface Round {
  readonly leaderId: number;
  readonly batches: FetchedBatch[];
}

export class RecordReader {
  readonly #client: KafkaClient;
  readonly #options: Required<ReaderOptions>;
  readonly #positions: Position[];
  #isClosed = false;

  constructor(client: KafkaClient, ranges: readonly ReadRange[], options: ReaderOptions = {}) {
    this.#client = client;
    this.#options = {
      isCommitted: true,
      maxBytes: 16 * MIB,
      maxPartitionBytes: 4 * MIB,
      maxWaitMs: 500,
      retryMs: 30_000,
      onSkipped: () => undefined,
      ...options,
    };
    this.#positions = ranges.map(({ topic, partition, startOffset, endOffset }) => ({
      topic,
      partition,
      offset: startOffset,
      endOffset,
      isFetching: false,
    }));
  }

  /** Ends reading where it is. */
  close(): void {
    this.#isClosed = true;
  }

  /** Where reading stands in each partition: the offset that comes next. */
  positions(): readonly (PartitionName & { readonly offset: number })[] {
    return this.#positions;
  }

  /**
   * Batches of all partitions, each partition's in the order of their offsets. The first and last may hold records outside
   * of the range. They come in groups, each what one fetch brought: nothing, where a fetch waited for what did not come.
   * @throws KafkaError, ClientError
   */
  async *read(): AsyncGenerator<FetchedBatch[], void, undefined> {
    const rounds = new Map<number, Promise<Round>>();
    const start = async (): Promise<void> => {
      const idle = this.#positions.filter(({ offset, endOffset, isFetching }) => offset < endOffset && !isFetching);
      for (const [leaderId, positions] of await this.#byLeader(idle)) {
        if (rounds.has(leaderId)) continue;
        const round = this.#round(leaderId, positions);
        round.catch(() => undefined); // who reads is told when he asks for more
        rounds.set(leaderId, round);
      }
    };
    await start();
    while (rounds.size > 0 && !this.#isClosed) {
      const { leaderId, batches } = await Promise.race(rounds.values());
      rounds.delete(leaderId);
      // Asked for before what came is looked at; its positions are known by now.
      if (!this.#isClosed) await start();
      yield batches;
    }
  }

  async #round(leaderId: number, positions: readonly Position[]): Promise<Round> {
    for (const position of positions) position.isFetching = true;
    try {
      return { leaderId, batches: await this.#fetch(leaderId, positions) };
    } finally {
      for (const position of positions) position.isFetching = false;
    }
  }

  async #byLeader(positions: readonly Position[]): Promise<Map<number, Position[]>> {
    const leaders = new Map<number, Position[]>();
    for (const position of positions) {
      const { topic, partition } = position;
      let leaderId = this.#client.leaderId(topic, partition);
      if (leaderId < 0) {
        await this.#client.retrying(async () => {
          await this.#client.leader(topic, partition).catch((error: unknown) => {
            if (isPassing(error)) this.#client.forget(topic);
            throw error;
          });
        }, this.#options.retryMs);
        leaderId = this.#client.leaderId(topic, partition);
      }
      leaders.set(leaderId, [...(leaders.get(leaderId) ?? []), position]);
    }
    return leaders;
  }

  /** One fetch; moves the positions. @throws KafkaError, ClientError, when trying again did not help */
  async #fetch(leaderId: number, positions: readonly Position[]): Promise<FetchedBatch[]> {
    const { maxBytes, maxPartitionBytes, maxWaitMs, isCommitted, retryMs } = this.#options;
    const topics = byTopic(positions, ({ partition, offset }) => ({
      partition,
      fetchOffset: offset,
      partitionMaxBytes: maxPartitionBytes,
    }));
    const request = {
      maxWaitMs,
      minBytes: 1,
      maxBytes,
      isolationLevel: isCommitted ? 1 : 0,
      topics: topics.map(({ name, partitions }) => ({ topic: name, partitions })),
    };
    const byName = new Map(positions.map((position) => [`${position.topic} ${position.partition}`, position]));
    const endMs = this.#client.clock.monotonicMs() + retryMs;
    let backoffMs = 20;
    for (;;) {
      try {
        const connection = await this.#client.node(leaderId);
        const { errorCode, responses } = await connection.call(FETCH, request, maxWaitMs);
        if (errorCode !== ErrorCode.NONE) throw new KafkaError(errorCode);
        const found: FetchedBatch[] = [];
        for (const { topic, partitions } of responses) {
          for (const data of partitions) {
            const position = byName.get(`${topic} ${data.partitionIndex}`);
            if (position !== undefined) found.push(...(await this.#take(position, data)));
          }
        }
        return found;
      } catch (error) {
        if (!isPassing(error) || this.#isClosed || this.#client.clock.monotonicMs() > endMs) throw error;
        for (const { topic } of positions) this.#client.forget(topic);
        await this.#client.sleep(backoffMs);
        backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
        // Elsewhere, when the leaders have moved.
        for (const { topic } of positions) await this.#client.topic(topic);
        if (positions.some(({ topic, partition }) => this.#client.leaderId(topic, partition) !== leaderId)) return [];
      }
    }
  }

  /** Takes what came of a partition. @throws KafkaError */
  async #take(position: Position, data: PartitionData): Promise<FetchedBatch[]> {
    const { topic, partition } = position;
    if (data.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) return this.#skip(position);
    if (data.errorCode !== ErrorCode.NONE) {
      const what = `partition ${partition} of topic ${topic}: ${new KafkaError(data.errorCode).message}`;
      throw new KafkaError(data.errorCode, what);
    }
    const { records: buffer } = data;
    if (buffer === null || buffer.length === 0) return [];
    const filter = new AbortedFilter(this.#options.isCommitted ? data.abortedTransactions : null);
    const found: FetchedBatch[] = [];
    for (const at of wholeBatches(buffer)) {
      const end = nextOffset(buffer, at);
      if (end <= position.offset) {
        filter.shows(buffer, at);
        continue;
      }
      if (position.offset >= position.endOffset) break;
      if (filter.shows(buffer, at)) found.push({ topic, partition, buffer, at });
      position.offset = end;
    }
    return found;
  }

  /** The records at the position are gone, or not there yet. */
  async #skip(position: Position): Promise<FetchedBatch[]> {
    const { topic, partition } = position;
    const [found] = await partitionOffsets(this.#client, [{ topic, partition }]);
    if (found === undefined || position.offset >= found.startOffset) {
      const what = `offset ${position.offset} of partition ${partition} of topic ${topic}`;
      const there = found === undefined ? '' : `, which ends at ${found.endOffset}`;
      throw new KafkaError(ErrorCode.OFFSET_OUT_OF_RANGE, `there is no ${what}${there}`);
    }
    this.#options.onSkipped({ topic, partition }, position.offset, found.startOffset);
    position.offset = found.startOffset;
    return [];
  }
}
