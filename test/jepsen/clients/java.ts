/** Kafka's own Java clients 4.4.0 (Produce v12, EndTxn v5), in one process that is driven line by line. */
import { join } from 'node:path';
import { cacheDir } from '../../support/broker-process.ts';
import type { CommittedOffset, Observation, Write } from '../history.ts';
import { Bridge, type Settings, toArguments } from './bridge.ts';
import {
  type Client,
  type ClientOptions,
  type Consumer,
  type ConsumerOptions,
  HEARTBEAT_MS,
  POLL_RECORDS,
  POLL_WAIT_MS,
  type Polled,
  type Producer,
  REQUEST_TIMEOUT_MS,
  SESSION_TIMEOUT_MS,
} from './client.ts';
import { bridgedShareConsumers } from './share.ts';

const classes = join(cacheDir, 'java/classes');
export const JAVA_NEEDS = { files: [join(classes, 'JepsenClient.class')], component: 'java' };
const JVM = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', `${classes}:${cacheDir}/java/libs/*`];

const offsetArguments = (offsets: readonly CommittedOffset[]): string[] =>
  offsets.map(({ partition, offset }) => `${partition}:${offset}`);

class JavaProducer implements Producer {
  readonly #bridge: Bridge;
  readonly #id: string;

  constructor(bridge: Bridge, id: string) {
    this.#bridge = bridge;
    this.#id = id;
  }

  async send(writes: readonly Write[]): Promise<Array<number | null>> {
    const args = writes.map(({ partition, value }) => `${partition}:${value}`);
    const answer = await this.#bridge.call(this.#id, 'send', args);
    return answer.split(' ').map((offset) => (Number(offset) >= 0 ? Number(offset) : null));
  }

  async #simply(command: string, args: readonly string[] = []): Promise<void> {
    await this.#bridge.call(this.#id, command, args);
  }

  begin(): Promise<void> {
    return this.#simply('begin');
  }

  sendOffsets(consumer: Consumer, offsets: readonly CommittedOffset[]): Promise<void> {
    return this.#simply('offsets', [(consumer as JavaConsumer).id, ...offsetArguments(offsets)]);
  }

  commit(): Promise<void> {
    return this.#simply('commit-transaction');
  }

  abort(): Promise<void> {
    return this.#simply('abort');
  }

  close(): Promise<void> {
    return this.#simply('close').catch(() => undefined);
  }
}

class JavaConsumer implements Consumer {
  readonly #bridge: Bridge;
  readonly id: string;
  readonly group: string | null;

  constructor(bridge: Bridge, id: string, group: string | null) {
    this.#bridge = bridge;
    this.id = id;
    this.group = group;
  }

  async poll(): Promise<Polled> {
    const [session = '', ...records] = (await this.#bridge.call(this.id, 'poll', [String(POLL_WAIT_MS)])).split(' ');
    const parsed = records.map((text): Observation => {
      const [partition = '', offset, value] = text.split(':');
      return { partition, offset: Number(offset), value: Number(value) };
    });
    return { session, records: parsed };
  }

  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    await this.#bridge.call(this.id, 'commit', offsetArguments(offsets));
  }

  async close(): Promise<void> {
    await this.#bridge.call(this.id, 'close').catch(() => undefined);
  }
}

export function javaClient({ bootstrap, groupProtocol, transactionTimeoutMs }: ClientOptions): Client {
  const bridge = new Bridge('java', [...JVM, 'JepsenClient']);
  let count = 0;
  const common = {
    'bootstrap.servers': bootstrap,
    'reconnect.backoff.max.ms': 300,
    'request.timeout.ms': REQUEST_TIMEOUT_MS - 1000,
  };
  const classic = { 'session.timeout.ms': SESSION_TIMEOUT_MS, 'heartbeat.interval.ms': HEARTBEAT_MS };
  /** Opens an object; one that cannot be opened is closed again. */
  const open = async <T extends { close(): Promise<void> }>(made: T, id: string, command: string, of: Settings) => {
    try {
      await bridge.call(id, command, toArguments(of));
      return made;
    } catch (error) {
      await made.close();
      throw error;
    }
  };
  return {
    fencesCopiers: true,
    producer(transactionalId) {
      const id = `${transactionalId ?? 'producer'}-${count++}`;
      const transactional = {
        'transactional.id': transactionalId ?? '',
        'transaction.timeout.ms': transactionTimeoutMs,
      };
      return open(new JavaProducer(bridge, id), id, 'producer', {
        ...common,
        'linger.ms': 0,
        'max.block.ms': REQUEST_TIMEOUT_MS,
        'delivery.timeout.ms': REQUEST_TIMEOUT_MS,
        ...(transactionalId === null ? {} : transactional),
      });
    },
    consumer({ topics, group, isolation }: ConsumerOptions) {
      const id = `${group ?? 'reader'}-${count++}`;
      const membership = groupProtocol === 'consumer' ? { 'group.protocol': 'consumer' } : classic;
      return open(new JavaConsumer(bridge, id, group), id, 'consumer', {
        ...common,
        topics: topics.join(),
        'isolation.level': isolation,
        'enable.auto.commit': 'false',
        'auto.offset.reset': 'earliest',
        'max.poll.records': POLL_RECORDS,
        'fetch.max.wait.ms': POLL_WAIT_MS,
        'default.api.timeout.ms': REQUEST_TIMEOUT_MS,
        ...(group === null ? {} : { 'group.id': group, ...membership }),
      });
    },
    shareConsumers: bridgedShareConsumers(
      () => bridge,
      { ...common, 'max.poll.records': POLL_RECORDS, 'fetch.max.wait.ms': POLL_WAIT_MS },
      { canRenew: true },
    ),
    [Symbol.asyncDispose]: () => bridge.close(),
  };
}
