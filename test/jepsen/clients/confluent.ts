/**
 * librdkafka through the low-level interface of @confluentinc/kafka-javascript, which install.sh compiles; its share
 * consumers, which that does not have, through confluent-kafka for Python.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cacheDir } from '../../support/broker-process.ts';
import type { CommittedOffset, Observation, Write } from '../history.ts';
import { Bridge } from './bridge.ts';
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
import { bridgedShareConsumers } from './share.ts';

type Callback<T = void> = (error: Error | null | undefined, result: T) => void;
type Config = Readonly<Record<string, unknown>>;

interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly offset?: number;
}

interface Message extends TopicPartition {
  readonly offset: number;
  readonly value: Buffer;
}

interface Report {
  readonly offset: number;
  readonly opaque: (error: Error | null, offset: number) => void;
}

interface RdProducer {
  connect(options: { timeout: number }, callback: Callback<unknown>): void;
  disconnect(timeoutMs: number, callback: Callback): void;
  setPollInterval(ms: number): void;
  on(event: 'delivery-report', listener: (error: Error | null, report: Report) => void): void;
  on(event: 'event.error', listener: () => void): void;
  produce(topic: string, partition: number, value: Buffer, key: null, timestamp: null, opaque: Report['opaque']): void;
  initTransactions(timeoutMs: number, callback: Callback): void;
  beginTransaction(callback: Callback): void;
  sendOffsetsToTransaction(offsets: TopicPartition[], of: RdConsumer, timeoutMs: number, callback: Callback): void;
  commitTransaction(timeoutMs: number, callback: Callback): void;
  abortTransaction(timeoutMs: number, callback: Callback): void;
}

interface RdConsumer {
  connect(options: { timeout: number }, callback: Callback<unknown>): void;
  disconnect(callback: Callback): void;
  setDefaultConsumeTimeout(ms: number): void;
  on(event: 'rebalance' | 'event.error', listener: () => void): void;
  on(event: 'offset.commit', listener: (error: Error | null | undefined) => void): void;
  subscribe(topics: string[]): void;
  assign(partitions: TopicPartition[]): void;
  getMetadata(
    options: { topic: string; timeout: number },
    callback: Callback<{ topics: Array<{ name: string; partitions: Array<{ id: number }> }> }>,
  ): void;
  consume(count: number, callback: Callback<Message[]>): void;
  commit(offsets: TopicPartition[]): void;
}

interface Binding {
  Producer: new (config: Config, topicConfig: Config) => RdProducer;
  KafkaConsumer: new (config: Config, topicConfig: Config) => RdConsumer;
}

const folder = join(cacheDir, 'confluent');
export const CONFLUENT_NEEDS = {
  files: [join(folder, 'node_modules/@confluentinc/kafka-javascript/build/Release')],
  component: 'confluent',
};
const python = join(cacheDir, 'python/bin/python');
const shareProgram = join(import.meta.dirname, '../../conformance/python/jepsen_share_client.py');
export const CONFLUENT_SHARE_NEEDS = { files: [...CONFLUENT_NEEDS.files, python], component: 'confluent python' };
const POLL_INTERVAL_MS = 10;
const CLOSE_LIMIT_MS = 3000;
/** For one more record, when there is one. */
const MORE_WAIT_MS = 2;

function called<T>(call: (callback: Callback<T>) => void): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  call((error, result) => (error === null || error === undefined ? resolve(result) : reject(error)));
  return promise;
}

const toTopicPartitions = (offsets: readonly CommittedOffset[]): TopicPartition[] =>
  offsets.map(({ partition, offset }) => {
    const { topic, index } = splitPartition(partition);
    return { topic, partition: index, offset };
  });

class RdClientProducer implements Producer {
  readonly #producer: RdProducer;

  constructor(producer: RdProducer) {
    this.#producer = producer;
    producer.on('event.error', () => {});
    producer.on('delivery-report', (error, report) => report.opaque(error, report.offset));
    producer.setPollInterval(POLL_INTERVAL_MS);
  }

  send(writes: readonly Write[]): Promise<Array<number | null>> {
    return Promise.all(
      writes.map(({ partition, value }) => {
        const { topic, index } = splitPartition(partition);
        const done = (callback: Callback<number>) =>
          this.#producer.produce(topic, index, Buffer.from(String(value)), null, null, callback);
        return called<number>(done).then((offset) => (offset >= 0 ? offset : null));
      }),
    );
  }

  begin(): Promise<void> {
    return called((callback) => this.#producer.beginTransaction(callback));
  }

  sendOffsets(consumer: Consumer, offsets: readonly CommittedOffset[]): Promise<void> {
    const { handle } = consumer as RdClientConsumer;
    const list = toTopicPartitions(offsets);
    return called((callback) => this.#producer.sendOffsetsToTransaction(list, handle, REQUEST_TIMEOUT_MS, callback));
  }

  commit(): Promise<void> {
    return called((callback) => this.#producer.commitTransaction(REQUEST_TIMEOUT_MS, callback));
  }

  abort(): Promise<void> {
    return called((callback) => this.#producer.abortTransaction(REQUEST_TIMEOUT_MS, callback));
  }

  close(): Promise<void> {
    return called<void>((callback) => this.#producer.disconnect(CLOSE_LIMIT_MS, callback)).catch(() => undefined);
  }
}

class RdClientConsumer implements Consumer {
  readonly handle: RdConsumer;
  readonly group: string | null;
  readonly #name: string;
  #assignments = 0;
  #committing: PromiseWithResolvers<void> | null = null;
  /** Came while a commit was waited for. */
  #ahead: Polled[] = [];

  constructor(handle: RdConsumer, group: string | null, name: string) {
    this.handle = handle;
    this.group = group;
    this.#name = name;
    handle.on('event.error', () => {});
    handle.on('rebalance', () => (this.#assignments += 1));
    handle.on('offset.commit', (error) => {
      if (error === null || error === undefined) this.#committing?.resolve();
      else this.#committing?.reject(error);
    });
  }

  async poll(): Promise<Polled> {
    return this.#ahead.shift() ?? (await this.#consume());
  }

  /** One by one: whatever changes the assignment comes in front of the record that a call gives, never behind it. */
  async #consume(): Promise<Polled> {
    const records: Observation[] = [];
    let session = this.#session;
    this.handle.setDefaultConsumeTimeout(POLL_WAIT_MS);
    while (records.length < POLL_RECORDS) {
      const [message] = await called<Message[]>((callback) => this.handle.consume(1, callback));
      this.handle.setDefaultConsumeTimeout(MORE_WAIT_MS);
      if (message === undefined) break;
      const { topic, partition, offset, value } = message;
      if (records.length === 0) session = this.#session;
      records.push({ partition: joinPartition(topic, partition), offset, value: Number(value.toString()) });
    }
    // Revoked meanwhile: what is done with these records is not fenced any more.
    return { session: session === this.#session ? session : null, records };
  }

  get #session(): string | null {
    return `${this.#name}#${this.#assignments}`;
  }

  /** One at a time. What became of it is told by an event, which comes while somebody polls. */
  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    const committing = Promise.withResolvers<void>();
    this.#committing = committing;
    this.handle.commit(toTopicPartitions(offsets));
    const over = committing.promise.then(
      () => true,
      () => true,
    );
    for (let isOver = false; !isOver; isOver = await Promise.race([over, delay(0, false)])) {
      const polled = await this.#consume();
      if (polled.records.length > 0) this.#ahead.push(polled);
    }
    await committing.promise;
  }

  close(): Promise<void> {
    return called<void>((callback) => this.handle.disconnect(callback)).catch(() => undefined);
  }
}

async function readAll(consumer: RdConsumer, topics: readonly string[]): Promise<void> {
  const partitions: TopicPartition[] = [];
  for (const topic of topics) {
    const metadata = await called<{ topics: Array<{ name: string; partitions: Array<{ id: number }> }> }>((callback) =>
      consumer.getMetadata({ topic, timeout: REQUEST_TIMEOUT_MS }, callback),
    );
    const found = metadata.topics.find(({ name }) => name === topic);
    for (const { id } of found?.partitions ?? []) partitions.push({ topic, partition: id, offset: 0 });
  }
  if (partitions.length === 0) throw new Error(`no partitions of ${topics.join()}`);
  consumer.assign(partitions);
}

export function confluentClient({ bootstrap, groupProtocol, transactionTimeoutMs }: ClientOptions): Client {
  const { Producer: NewProducer, KafkaConsumer } = createRequire(join(folder, 'package.json'))(
    '@confluentinc/kafka-javascript',
  ) as Binding;
  let count = 0;
  let bridge: Bridge | null = null;
  const common = { 'bootstrap.servers': bootstrap, 'reconnect.backoff.max.ms': 300, log_level: 0 };
  const classic = { 'session.timeout.ms': SESSION_TIMEOUT_MS, 'heartbeat.interval.ms': HEARTBEAT_MS };
  return {
    fencesCopiers: true,
    async producer(transactionalId) {
      const transactional = {
        'transactional.id': transactionalId,
        'transaction.timeout.ms': transactionTimeoutMs,
      };
      const producer = new NewProducer(
        {
          ...common,
          'enable.idempotence': true,
          dr_cb: true,
          'linger.ms': 0,
          'message.timeout.ms': REQUEST_TIMEOUT_MS,
          'socket.timeout.ms': REQUEST_TIMEOUT_MS,
          ...(transactionalId === null ? {} : transactional),
        },
        {},
      );
      await called<unknown>((callback) => producer.connect({ timeout: REQUEST_TIMEOUT_MS }, callback));
      const made = new RdClientProducer(producer);
      if (transactionalId === null) return made;
      try {
        await called((callback) => producer.initTransactions(REQUEST_TIMEOUT_MS, callback));
        return made;
      } catch (error) {
        await made.close();
        throw error;
      }
    },
    async consumer({ topics, group, isolation }: ConsumerOptions) {
      const name = `${group ?? 'reader'}-${count++}`;
      const membership = groupProtocol === 'consumer' ? { 'group.protocol': 'consumer' } : classic;
      const handle = new KafkaConsumer(
        {
          ...common,
          ...(group === null ? {} : membership),
          'group.id': group ?? name,
          'isolation.level': isolation,
          'enable.auto.commit': false,
          'fetch.wait.max.ms': POLL_WAIT_MS,
          rebalance_cb: true,
          offset_commit_cb: true,
        },
        { 'auto.offset.reset': 'earliest' },
      );
      const consumer = new RdClientConsumer(handle, group, name);
      await called<unknown>((callback) => handle.connect({ timeout: REQUEST_TIMEOUT_MS }, callback));
      try {
        if (group === null) await readAll(handle, topics);
        else handle.subscribe([...topics]);
        return consumer;
      } catch (error) {
        await consumer.close();
        throw error;
      }
    },
    shareConsumers: bridgedShareConsumers(
      () => (bridge ??= new Bridge(python, [shareProgram])),
      { ...common, 'socket.timeout.ms': REQUEST_TIMEOUT_MS, 'max.poll.records': POLL_RECORDS },
      { canRenew: false },
    ),
    [Symbol.asyncDispose]: async () => await bridge?.close(),
  };
}
