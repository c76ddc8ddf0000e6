/**
 * Walka inside a program: `await using broker = await startBroker({ topics: [{ name: 'orders', partitions: 3 }] })`.
 */
import { EventEmitter } from 'node:events';
import { type Logger, silentLogger } from './base/logger.ts';
import { type RunningBroker, startBrokerServer } from './broker.ts';
import type { TopicSpec } from './cli/topic-spec.ts';
import { createBrokerConfig, oneDirectory } from './config/broker-config.ts';
import { brokerSetting } from './config/broker-settings.ts';
import { ConfigError } from './config/config-error.ts';
import { didYouMean } from './config/nearest.ts';

export type { LogFields, Logger } from './base/logger.ts';
export type { TopicSpec } from './cli/topic-spec.ts';
export { ConfigError } from './config/config-error.ts';

export interface StartBrokerOptions {
  /** Topics to create: names, or names with partitions and settings. Other topics are created when first used. */
  readonly topics?: readonly (string | TopicSpec)[];
  /** Port on `host`; 0, the default, takes a free one. */
  readonly port?: number;
  /** Address to listen on, default 127.0.0.1. */
  readonly host?: string;
  /** Directory for data. Without it everything is kept in memory and gone after `close`. */
  readonly dataDir?: string;
  /** Settings by Kafka's names (docs/settings.md), such as `{ 'message.max.bytes': 2_000_000 }`. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** Where log lines go; default: nowhere. */
  readonly logger?: Logger;
}

interface BrokerEvents {
  /** The journal failed for good: reads go on, writes are refused. The program is never ended by the broker. */
  readonly error: [error: Error];
}

/** All options, so that a misspelt one is told of: who writes JavaScript has no compiler that does. */
const OPTIONS: Readonly<Record<keyof StartBrokerOptions, true>> = {
  topics: true,
  port: true,
  host: true,
  dataDir: true,
  config: true,
  logger: true,
};
const TOPIC_OPTIONS: Readonly<Record<keyof TopicSpec, true>> = { name: true, partitions: true, configs: true };

/** @throws ConfigError for an option that is none, of the broker or of a topic */
function checkOptions(options: StartBrokerOptions): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(OPTIONS, name)) continue;
    const hint = brokerSetting(name) ? '; settings are given as config' : didYouMean(name, Object.keys(OPTIONS));
    throw new ConfigError(`startBroker: unknown option ${name}${hint}`);
  }
  for (const topic of options.topics ?? []) {
    if (typeof topic === 'string') continue;
    const wrong = Object.keys(topic).find((name) => !Object.hasOwn(TOPIC_OPTIONS, name));
    if (wrong === undefined) continue;
    const hint = didYouMean(wrong, Object.keys(TOPIC_OPTIONS));
    throw new ConfigError(`startBroker: unknown option ${wrong} of topic ${topic.name}${hint}`);
  }
}

/** What the options say as settings. @throws ConfigError where data would go elsewhere than they say */
function settingsOf({ host = '127.0.0.1', port = 0, dataDir, config = {} }: StartBrokerOptions): Map<string, string> {
  const bare = host.replace(/^\[|\]$/g, '');
  const values = new Map([['listeners', `PLAINTEXT://${bare.includes(':') ? `[${bare}]` : bare}:${port}`]]);
  if (dataDir === undefined) values.set('walka.durability', 'memory');
  else values.set('log.dirs', oneDirectory(dataDir, 'dataDir'));
  // The program around it shares this event loop.
  values.set('walka.gather.us', '0');
  values.set('walka.busy.poll.us', '0');
  for (const [name, value] of Object.entries(config)) values.set(name, String(value));
  const durability = values.get('walka.durability') ?? 'memory';
  if (durability !== 'memory' && !values.has('log.dirs') && !values.has('log.dir')) {
    throw new ConfigError(`walka.durability: ${durability} needs a dataDir; without one everything is kept in memory`);
  }
  return values;
}

/** Where this machine reaches what listens on `host`, as addresses write it: every address is reached by the loopback. */
function reachableHost(host: string): string {
  if (host === '' || host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

/** A broker in this process. Emits 'error' when its journal failed for good, if somebody listens. */
export class Broker extends EventEmitter<BrokerEvents> implements AsyncDisposable {
  readonly #running: RunningBroker;

  /** @internal */
  constructor(running: RunningBroker) {
    super();
    this.#running = running;
  }

  /** Where clients connect: `host:port`, several joined by commas. */
  get bootstrapServers(): string {
    return this.#running.listeners.map(({ host, port }) => `${reachableHost(host)}:${port}`).join(',');
  }

  get clusterId(): string {
    return this.#running.clusterId;
  }

  /** Port of metrics and health over HTTP, or null unless `walka.metrics.port` asks for them. */
  get metricsPort(): number | null {
    return this.#running.metricsPort;
  }

  /** Answers what is under way and stops. Idempotent. */
  close(): Promise<void> {
    return this.#running.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Starts a broker; when it resolves, clients may connect.
 * @throws ConfigError for options and settings that are unknown or wrong; KafkaError for a topic that cannot be created;
 * CatalogError for a data directory that is locked or foreign, StorageError for a damaged one; the system's error for a
 * port in use
 */
export async function startBroker(options: StartBrokerOptions = {}): Promise<Broker> {
  checkOptions(options);
  let broker: Broker | null = null;
  const running = await startBrokerServer({
    config: createBrokerConfig(settingsOf(options)),
    topics: (options.topics ?? []).map((topic) => (typeof topic === 'string' ? { name: topic } : topic)),
    logger: options.logger ?? silentLogger,
    onFailure: (error) => {
      if (broker !== null && broker.listenerCount('error') > 0) broker.emit('error', error);
    },
  });
  broker = new Broker(running);
  return broker;
}
