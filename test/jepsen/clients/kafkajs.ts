/** kafkajs: old versions of everything (Produce up to v7, EndTxn v1, offsets in transactions without a generation). */
import { setTimeout as delay } from 'node:timers/promises';
import './kafkajs-filter.ts';
import { type EachBatchPayload, Kafka, logLevel, type Producer as KafkaJsProducer, type Transaction } from 'kafkajs';
import type { CommittedOffset, Observation, Write } from '../history.ts';
import {
  type Client,
  type ClientOptions,
  type Consumer,
  type ConsumerOptions,
  HEARTBEAT_MS,
  joinPartition,
  POLL_RECORDS,
  POLL_WAIT_MS,
  type Polled,
  type Producer,
  REQUEST_TIMEOUT_MS,
  SESSION_TIMEOUT_MS,
  splitPartition,
} from './client.ts';

const RETRY = { initialRetryTime: 50, maxRetryTime: 400, retries: 30 };
/** Batches wait here until they are polled; beyond this many records no more are taken. */
const MAX_WAITING = 500;
const RETAKE_MS = 20;

interface Sender {
  sendBatch: KafkaJsProducer['sendBatch'];
}

function byTopic(offsets: readonly CommittedOffset[]) {
  const groups = Map.groupBy(offsets, ({ partition }) => splitPartition(partition).topic);
  return [...groups].map(([topic, of]) => ({
    topic,
    partitions: of.map(({ partition, offset }) => ({
      partition: splitPartition(partition).index,
      offset: String(offset),
    })),
  }));
}

class KafkaJsClientProducer implements Producer {
  readonly #producer: KafkaJsProducer;
  #transaction: Transaction | null = null;

  constructor(producer: KafkaJsProducer) {
    this.#producer = producer;
  }

  async send(writes: readonly Write[]): Promise<Array<number | null>> {
    const sender: Sender = this.#transaction ?? this.#producer;
    const topicMessages = [...Map.groupBy(writes, ({ partition }) => splitPartition(partition).topic)].map(
      ([topic, of]) => ({
        topic,
        messages: of.map(({ partition, value }) => ({
          partition: splitPartition(partition).index,
          value: String(value),
        })),
      }),
    );
    const answers = await sender.sendBatch({ acks: -1, topicMessages });
    const next = new Map(
      answers.map(({ topicName, partition, baseOffset }) => [joinPartition(topicName, partition), Number(baseOffset)]),
    );
    return writes.map(({ partition }) => {
      const offset = next.get(partition);
      if (offset === undefined) return null;
      next.set(partition, offset + 1);
      return offset;
    });
  }

  async begin(): Promise<void> {
    this.#transaction = await this.#producer.transaction();
  }

  async sendOffsets(consumer: Consumer, offsets: readonly CommittedOffset[]): Promise<void> {
    const consumerGroupId = consumer.group ?? '';
    await this.#transaction?.sendOffsets({ consumerGroupId, topics: byTopic(offsets) });
  }

  async commit(): Promise<void> {
    await this.#transaction?.commit();
    this.#transaction = null;
  }

  async abort(): Promise<void> {
    await this.#transaction?.abort();
    this.#transaction = null;
  }

  close(): Promise<void> {
    return this.#producer.disconnect().catch(() => undefined);
  }
}

/** kafkajs hands batches over when it likes; here they wait until somebody polls. */
class KafkaJsClientConsumer implements Consumer {
  readonly group: string | null;
  readonly #consumer: ReturnType<Kafka['consumer']>;
  readonly #name: string;
  #generation = 0;
  readonly #waiting: Array<Observation & { readonly session: string }> = [];
  #isClosed = false;
  #crash: Error | null = null;
  #commits = 0;

  constructor(consumer: ReturnType<Kafka['consumer']>, group: string | null, name: string) {
    this.#consumer = consumer;
    this.group = group;
    this.#name = name;
    consumer.on('consumer.group_join', () => {
      this.#generation += 1;
      this.#waiting.length = 0;
    });
    consumer.on('consumer.commit_offsets', () => (this.#commits += 1));
    consumer.on('consumer.crash', ({ payload: { error } }) => {
      this.#waiting.length = 0;
      this.#crash = error;
    });
  }

  async start(topics: readonly string[]): Promise<this> {
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await this.#consumer.run({ autoCommit: false, eachBatch: (batch) => this.#take(batch) });
    return this;
  }

  get #session(): string {
    return `${this.#name}#${this.#generation}`;
  }

  async #take({ batch, isRunning, isStale, heartbeat }: EachBatchPayload): Promise<void> {
    const session = this.#session;
    while (this.#waiting.length > MAX_WAITING && !this.#isClosed) {
      await delay(RETAKE_MS);
      await heartbeat();
    }
    if (session !== this.#session || !isRunning() || isStale()) throw new Error('the batch is of a former session');
    const partition = joinPartition(batch.topic, batch.partition);
    for (const { offset, value } of batch.messages) {
      this.#waiting.push({ session, partition, offset: Number(offset), value: Number(value) });
    }
  }

  async poll(): Promise<Polled> {
    if (this.#crash !== null) throw this.#crash;
    if (this.#waiting.length === 0) await delay(POLL_WAIT_MS);
    const session = this.#waiting[0]?.session ?? this.#session;
    const records: Observation[] = [];
    while (records.length < POLL_RECORDS && this.#waiting[0]?.session === session) {
      const { partition, offset, value } = this.#waiting.shift() as Observation;
      records.push({ partition, offset, value });
    }
    return { session, records };
  }

  /** kafkajs also resolves when its consumer stopped meanwhile; only the event tells that it has committed. */
  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    const before = this.#commits;
    await this.#consumer.commitOffsets(
      offsets.map(({ partition, offset }) => {
        const { topic, index } = splitPartition(partition);
        return { topic, partition: index, offset: String(offset) };
      }),
    );
    if (this.#commits === before) throw new Error('nothing was committed');
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#consumer.disconnect().catch(() => undefined);
  }
}

export function kafkaJsClient({ bootstrap, transactionTimeoutMs }: ClientOptions): Client {
  let count = 0;
  const kafka = (clientId: string) =>
    new Kafka({
      clientId,
      brokers: [bootstrap],
      logLevel: logLevel.NOTHING,
      connectionTimeout: 1000,
      requestTimeout: REQUEST_TIMEOUT_MS,
      retry: RETRY,
    });
  return {
    fencesCopiers: false,
    async producer(transactionalId) {
      const producer = kafka(`producer-${count++}`).producer({
        idempotent: true,
        maxInFlightRequests: 1,
        transactionTimeout: transactionTimeoutMs,
        ...(transactionalId === null ? {} : { transactionalId }),
      });
      await producer.connect();
      return new KafkaJsClientProducer(producer);
    },
    consumer({ topics, group, isolation }: ConsumerOptions) {
      const name = `${group ?? 'reader'}-${count++}`;
      const consumer = kafka(name).consumer({
        groupId: group ?? name,
        readUncommitted: isolation === 'read_uncommitted',
        sessionTimeout: SESSION_TIMEOUT_MS,
        heartbeatInterval: HEARTBEAT_MS,
        maxWaitTimeInMs: POLL_WAIT_MS,
        allowAutoTopicCreation: false,
        // Else one that is closed while it waits for its restart comes back, and keeps its partitions from the others.
        retry: { ...RETRY, restartOnFailure: () => Promise.resolve(false) },
      });
      return new KafkaJsClientConsumer(consumer, group, name).start(topics);
    },
    shareConsumers: null,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
