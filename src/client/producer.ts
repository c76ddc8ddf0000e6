/**
 * Writes records to topics: in batches, one under way in each partition, so that order is kept, and tried again until
 * the broker has taken it. With acks all it asks for a producer id, so that what is tried again is not written twice.
 */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { CompressionCodec } from '../../protocol/records/batch.ts';
import { buildCompressedBatch, type NewRecord } from '../../protocol/records/build.ts';
import { addSequence } from '../../protocol/records/batch.ts';
import type { Timer } from '../base/clock.ts';
import type { Connection } from './connection.ts';
import { ClientError, isPassing } from './errors.ts';
import type { KafkaClient } from './kafka-client.ts';
import { partitionOfKey } from '../../protocol/records/partitioner.ts';
import { INIT_PRODUCER_ID, PRODUCE } from './record-apis.ts';

/** How many copies must have a batch before it is acknowledged: all in sync, the leader's, none. */
export type Acks = -1 | 0 | 1;

export interface ProducerOptions {
  /** Default -1, all. */
  readonly acks?: Acks;
  /** Default none. */
  readonly compression?: CompressionCodec;
  /** In the codec's own scale; left out: the codec's default. */
  readonly compressionLevel?: number;
  /** Bytes of records, uncompressed, at which a batch goes out; default 500,000. */
  readonly batchBytes?: number;
  /** How long a batch that is not full waits for more, in ms; default 5. */
  readonly lingerMs?: number;
  /** Bytes of records not acknowledged yet from which `send` has callers wait; default 32 MB. */
  readonly maxBufferedBytes?: number;
  /** Default: with acks all. */
  readonly isIdempotent?: boolean;
  /** Told of each batch that was acknowledged; `baseOffset` is -1 with acks 0. */
  readonly onAcknowledged?: (topic: string, partition: number, baseOffset: number, count: number) => void;
}

/** Bytes of a record beside key, value and headers, about. */
const RECORD_OVERHEAD = 16;
const TIMEOUT_MS = 30_000;
/** Records of a batch at most. */
const MAX_BATCH_RECORDS = 50_000;
/** With acks 0: bytes in the socket from which it is waited for. */
const MAX_UNSENT_BYTES = 4_000_000;

interface Batch {
  readonly records: NewRecord[];
  byteLength: number;
}

interface PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly closed: Batch[];
  open: Batch;
  sequence: number;
  isSending: boolean;
}

interface ProducerId {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

function recordSize({ key, value, headers }: NewRecord): number {
  let size = RECORD_OVERHEAD + (key?.length ?? 0) + (value?.length ?? 0);
  for (const header of headers ?? []) size += header.key.length + (header.value?.length ?? 0) + 4;
  return size;
}

/** A topic to write to. */
export interface TopicWriter {
  readonly partitionCount: number;
  /**
   * Takes a record; without a partition the key decides, and without a key batches go round. Its bytes must stay as they
   * are until it is acknowledged. Gives what to wait for before the next one, or null.
   * @throws the failure of an earlier record
   */
  send(record: NewRecord, partition?: number): Promise<void> | null;
}

export class Producer {
  readonly #client: KafkaClient;
  readonly #options: Required<Omit<ProducerOptions, 'compressionLevel'>>;
  readonly #level: { readonly level?: number };
  readonly #queues = new Set<PartitionQueue>();
  #id: Promise<ProducerId | null> | null = null;
  #bufferedBytes = 0;
  #linger: Timer | null = null;
  #failure: unknown = null;
  #hasFailed = false;
  #waiting: Array<{ resolve: () => void; reject: (error: unknown) => void; untilBytes: number }> = [];
  /** Connections that may have more to send than the system has taken, with acks 0. */
  readonly #sending = new Set<Connection>();

  constructor(client: KafkaClient, options: ProducerOptions = {}) {
    const { acks = -1, compressionLevel, ...others } = options;
    this.#client = client;
    this.#level = compressionLevel === undefined ? {} : { level: compressionLevel };
    this.#options = {
      acks,
      compression: CompressionCodec.NONE,
      batchBytes: 500_000,
      lingerMs: 5,
      maxBufferedBytes: 32_000_000,
      isIdempotent: acks === -1,
      onAcknowledged: () => undefined,
      ...others,
    };
  }

  /** Whether there are records that the broker has not acknowledged or, with acks 0, that have not left. */
  get isWaiting(): boolean {
    return this.#bufferedBytes > 0 || [...this.#sending].some((connection) => hasUnsent(connection, 0));
  }

  /** The topic, created where the broker does that. @throws KafkaError, ClientError; as a rejection */
  async topic(name: string): Promise<TopicWriter> {
    const { partitions } = await this.#client.topic(name, true);
    const queues = partitions.map(({ partitionIndex }): PartitionQueue => {
      const batch = { records: [], byteLength: 0 };
      return { topic: name, partition: partitionIndex, closed: [], open: batch, sequence: 0, isSending: false };
    });
    for (const queue of queues) this.#queues.add(queue);
    let next = 0;
    return {
      partitionCount: queues.length,
      send: (record, partition) => {
        const to = partition ?? (record.key === null ? next : partitionOfKey(record.key, queues.length));
        const queue = queues[to];
        if (queue === undefined) {
          throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `topic ${name} has no partition ${to}`);
        }
        const isClosed = this.#add(queue, record);
        // Whole batches go round, so that they are full.
        if (isClosed && to === next) next = (next + 1) % queues.length;
        return this.#pressure();
      },
    };
  }

  /** Resolves when everything is acknowledged or, with acks 0, has left. @throws KafkaError, ClientError; as a rejection */
  async flush(): Promise<void> {
    this.#closeAll();
    if (this.#hasFailed) throw this.#failure;
    if (this.#bufferedBytes > 0) await this.#untilBytes(0);
    for (const connection of this.#sending) await this.#untilUnsent(connection, 0);
    this.#sending.clear();
  }

  async #untilUnsent(connection: Connection, bytes: number): Promise<void> {
    while (hasUnsent(connection, bytes)) await this.#client.sleep(1);
  }

  /** Gives whether the batch is full now. */
  #add(queue: PartitionQueue, record: NewRecord): boolean {
    if (this.#hasFailed) throw this.#failure;
    const size = recordSize(record);
    queue.open.records.push(record);
    queue.open.byteLength += size;
    this.#bufferedBytes += size;
    if (queue.open.byteLength >= this.#options.batchBytes || queue.open.records.length >= MAX_BATCH_RECORDS) {
      this.#close(queue);
      return true;
    }
    this.#linger ??= this.#client.clock.setTimer(this.#options.lingerMs, () => this.#closeAll());
    return false;
  }

  #close(queue: PartitionQueue): void {
    if (queue.open.records.length === 0) return;
    queue.closed.push(queue.open);
    queue.open = { records: [], byteLength: 0 };
    if (!queue.isSending) void this.#sendAll(queue);
  }

  #closeAll(): void {
    this.#linger?.cancel();
    this.#linger = null;
    for (const queue of this.#queues) this.#close(queue);
  }

  #pressure(): Promise<void> | null {
    return this.#bufferedBytes < this.#options.maxBufferedBytes
      ? null
      : this.#untilBytes(this.#options.maxBufferedBytes / 2);
  }

  #untilBytes(untilBytes: number): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject, untilBytes }));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) {
      if (this.#hasFailed) waiter.reject(this.#failure);
      else if (this.#bufferedBytes <= waiter.untilBytes) waiter.resolve();
      else this.#waiting.push(waiter);
    }
  }

  async #sendAll(queue: PartitionQueue): Promise<void> {
    queue.isSending = true;
    try {
      for (let batch = queue.closed.shift(); batch !== undefined && !this.#hasFailed; batch = queue.closed.shift()) {
        await this.#send(queue, batch.records);
        this.#bufferedBytes -= batch.byteLength;
        this.#wake();
      }
    } catch (error) {
      this.#failure = error;
      this.#hasFailed = true;
      this.#wake();
    } finally {
      queue.isSending = false;
    }
  }

  async #send(queue: PartitionQueue, records: readonly NewRecord[]): Promise<void> {
    const { compression, onAcknowledged } = this.#options;
    const id = await this.#producerId();
    const identity = id === null ? {} : { ...id, baseSequence: queue.sequence };
    const bytes = await buildCompressedBatch(records, { compression, ...this.#level, ...identity });
    let baseOffset: number;
    try {
      baseOffset = await this.#client.retrying(() => this.#attempt(queue, bytes));
    } catch (error) {
      const isTooLarge = error instanceof KafkaError && TOO_LARGE.has(error.code);
      if (!isTooLarge || records.length === 1) throw error;
      const half = records.length >>> 1;
      await this.#send(queue, records.slice(0, half));
      await this.#send(queue, records.slice(half));
      return;
    }
    queue.sequence = addSequence(queue.sequence, records.length);
    onAcknowledged(queue.topic, queue.partition, baseOffset, records.length);
  }

  /** Sends a batch once; gives its base offset, -1 where nobody tells. @throws KafkaError, ClientError */
  async #attempt({ topic, partition }: PartitionQueue, records: Buffer): Promise<number> {
    const { acks } = this.#options;
    const request = {
      acks,
      timeoutMs: TIMEOUT_MS,
      topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
    };
    try {
      const connection = await this.#client.leader(topic, partition);
      if (acks === 0) {
        connection.send(PRODUCE, request);
        this.#sending.add(connection);
        await this.#untilUnsent(connection, MAX_UNSENT_BYTES);
        return -1;
      }
      const { responses } = await connection.call(PRODUCE, request, TIMEOUT_MS);
      const answer = responses[0]?.partitionResponses[0];
      if (answer === undefined) throw new ClientError('NOT_KAFKA', 'the answer to Produce has no partition');
      // It was written, and its answer got lost.
      if (answer.errorCode === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) return -1;
      if (answer.errorCode === ErrorCode.NONE) return answer.baseOffset;
      const detail = answer.recordErrors[0]?.batchIndexErrorMessage ?? answer.errorMessage;
      const what = `partition ${partition} of topic ${topic}`;
      throw new KafkaError(answer.errorCode, `${what}: ${detail ?? new KafkaError(answer.errorCode).message}`);
    } catch (error) {
      if (isPassing(error)) this.#client.forget(topic);
      throw error;
    }
  }

  /** Null where batches go without: acks other than all, or a broker that gives no ids. */
  #producerId(): Promise<ProducerId | null> {
    if (!this.#options.isIdempotent) return NO_PRODUCER_ID;
    this.#id ??= this.#askProducerId();
    return this.#id;
  }

  async #askProducerId(): Promise<ProducerId | null> {
    try {
      const request = { transactionalId: null, transactionTimeoutMs: 0x7fffffff };
      return await this.#client.retrying(async () => {
        const connection = await this.#client.any();
        const { errorCode, producerId, producerEpoch } = await connection.call(INIT_PRODUCER_ID, request);
        if (errorCode !== ErrorCode.NONE) throw new KafkaError(errorCode);
        return { producerId, producerEpoch };
      });
    } catch (error) {
      const isRefused = error instanceof KafkaError && error.code === ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
      if (isRefused || (error instanceof ClientError && error.code === 'NO_VERSION')) return null;
      throw error;
    }
  }
}

/** Whether the system is still to take more than so many bytes. */
function hasUnsent(connection: Connection, bytes: number): boolean {
  return !connection.isClosed && connection.unsentBytes > bytes;
}

const NO_PRODUCER_ID: Promise<null> = Promise.resolve(null);
const TOO_LARGE: ReadonlySet<number> = new Set([ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.RECORD_LIST_TOO_LARGE]);
