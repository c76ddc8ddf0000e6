/**
 * The broker's settings in force: static (file, environment, flags) with dynamic ones on top, by Kafka's names, typed
 * access. The table of names is in broker-settings.ts.
 */
import { resolve } from 'node:path';
import { brokerSetting } from './broker-settings.ts';
import { ConfigError } from './config-error.ts';
import { resolveReferences } from './config-providers.ts';
import { inconsistency } from './consistency.ts';
import { checkSecurity } from './listener-security.ts';
import { resolveListeners, type Listener } from './listeners.ts';
import { checkAskedFeatures } from './features.ts';
import { checkValues } from './given-values.ts';
import { parseScramUsers, SCRAM_USERS } from './scram-users.ts';
import type { Setting } from './setting.ts';
import { splitList } from './value.ts';
import { resolveTopicConfig } from './resolved-topic-config.ts';
import type { TopicConfig } from './topic-config.ts';

export type { Listener } from './listeners.ts';

export interface BrokerConfig {
  readonly nodeId: number;
  readonly rack: string | null;
  /** For clients. */
  readonly listeners: readonly Listener[];
  /** For whoever asks the controller (`--bootstrap-controller`); mostly none. */
  readonly controllerListeners: readonly Listener[];
  /** By listener name; listeners without one answer with the connection's own local address. */
  readonly advertisedListeners: ReadonlyMap<string, Listener>;
  /** Absolute data directory, or null in memory. */
  readonly dataDir: string | null;
  /** Levels of features that a new cluster is to begin with, where they differ from the defaults. */
  readonly askedFeatures: ReadonlyMap<string, number>;
  /** A setting by Kafka's name, as its typed value. @throws Error for a name that is not in the table */
  int(name: string): number;
  bool(name: string): boolean;
  string(name: string): string;
  list(name: string): readonly string[];
  /** The text in force of a setting, or null where it is not set. @throws Error for a name that is not in the table */
  text(name: string): string | null;
  /**
   * A listener's own text of a setting, as `listener.name.<listener>.<setting>` says, else the broker's; null: not set. What
   * Kafka knows with a mechanism before it (`plain.sasl.jaas.config`) may be asked for so, too.
   */
  listenerText(listener: string, name: string): string | null;
  /** The same without what was set at run time: for what is made once, at the start. */
  startText(listener: string, name: string): string | null;
  /** Settings as given by file, environment and flags, in canonical text. */
  readonly staticValues: ReadonlyMap<string, string>;
  /** Dynamic settings for all brokers, and for this one. */
  readonly dynamicDefaults: ReadonlyMap<string, string>;
  readonly dynamicOwn: ReadonlyMap<string, string>;
  /** A topic's settings in force for these overrides. */
  topicConfig(overrides: ReadonlyMap<string, string>): TopicConfig;
  /** Replaces the dynamic settings (cluster-wide defaults, then this broker's own). */
  setDynamic(defaults: ReadonlyMap<string, string>, own: ReadonlyMap<string, string>): void;
  /** Told after setDynamic. */
  onChange(listener: () => void): () => void;
}

const NO_OVERRIDES: ReadonlyMap<string, string> = new Map();

class ResolvedBrokerConfig implements BrokerConfig {
  readonly nodeId: number;
  readonly rack: string | null;
  readonly listeners: readonly Listener[];
  readonly controllerListeners: readonly Listener[];
  readonly advertisedListeners: ReadonlyMap<string, Listener>;
  readonly dataDir: string | null;
  readonly askedFeatures: ReadonlyMap<string, number>;
  readonly staticValues: ReadonlyMap<string, string>;
  #defaults: ReadonlyMap<string, string> = NO_OVERRIDES;
  #own: ReadonlyMap<string, string> = NO_OVERRIDES;
  #numbers = new Map<string, number>();
  readonly #lists = new Map<string, readonly string[]>();
  #plainTopic: TopicConfig | null = null;
  readonly #changeListeners = new Set<() => void>();

  constructor(staticValues: ReadonlyMap<string, string>, askedFeatures: ReadonlyMap<string, number>) {
    this.staticValues = staticValues;
    this.askedFeatures = askedFeatures;
    this.nodeId = this.int('node.id');
    this.rack = this.text('broker.rack') || null;
    const resolved = resolveListeners({
      listeners: this.string('listeners'),
      listenersGiven: staticValues.has('listeners'),
      advertisedListeners: this.text('advertised.listeners'),
      protocolMap: this.string('listener.security.protocol.map'),
      protocolMapGiven: staticValues.has('listener.security.protocol.map'),
      controllerListenerNames: this.list('controller.listener.names'),
      interBrokerListenerName: this.text('inter.broker.listener.name'),
      interBrokerProtocol: staticValues.get('security.inter.broker.protocol') ?? null,
    });
    this.listeners = resolved.listeners;
    this.controllerListeners = resolved.controllerListeners;
    this.advertisedListeners = resolved.advertisedListeners;
    const [directory = 'data'] = [...splitList(this.string('log.dirs')), ...splitList(this.string('log.dir'))];
    this.dataDir = this.string('walka.durability') === 'memory' ? null : resolve(directory);
  }

  get dynamicDefaults(): ReadonlyMap<string, string> {
    return this.#defaults;
  }

  get dynamicOwn(): ReadonlyMap<string, string> {
    return this.#own;
  }

  #definition(name: string): Setting {
    const definition = brokerSetting(name);
    if (definition === undefined) throw new Error(`there is no setting ${name}`);
    return definition;
  }

  text(name: string): string | null {
    const definition = this.#definition(name);
    const value = this.#own.get(name) ?? this.#defaults.get(name) ?? this.staticValues.get(name);
    return value ?? definition.defaultValue;
  }

  listenerText(listener: string, name: string): string | null {
    const own = `listener.name.${listener.toLowerCase()}.${name}`;
    for (const values of [this.#own, this.#defaults, this.staticValues]) {
      const value = values.get(own);
      if (value !== undefined) return value;
    }
    return brokerSetting(name) === undefined ? null : this.text(name);
  }

  startText(listener: string, name: string): string | null {
    const own = this.staticValues.get(`listener.name.${listener.toLowerCase()}.${name}`);
    return own ?? this.staticValues.get(name) ?? brokerSetting(name)?.defaultValue ?? null;
  }

  int(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const text = this.text(name);
    if (text === null) throw new Error(`the setting ${name} is not set`);
    const value = Number(text);
    this.#numbers.set(name, value);
    return value;
  }

  bool(name: string): boolean {
    return this.text(name) === 'true';
  }

  string(name: string): string {
    return this.text(name) ?? '';
  }

  list(name: string): readonly string[] {
    const known = this.#lists.get(name);
    if (known !== undefined) return known;
    const elements = splitList(this.string(name));
    this.#lists.set(name, elements);
    return elements;
  }

  topicConfig(overrides: ReadonlyMap<string, string>): TopicConfig {
    if (overrides.size > 0) return resolveTopicConfig(overrides, (name) => this.text(name));
    this.#plainTopic ??= resolveTopicConfig(NO_OVERRIDES, (name) => this.text(name));
    return this.#plainTopic;
  }

  setDynamic(defaults: ReadonlyMap<string, string>, own: ReadonlyMap<string, string>): void {
    this.#defaults = new Map(defaults);
    this.#own = new Map(own);
    this.#numbers.clear();
    this.#lists.clear();
    this.#plainTopic = null;
    for (const listener of this.#changeListeners) listener();
  }

  onChange(listener: () => void): () => void {
    this.#changeListeners.add(listener);
    return () => void this.#changeListeners.delete(listener);
  }
}

/**
 * A configuration from settings by Kafka's names, and from levels of features where they differ from the defaults.
 * With `walka.durability=memory` there is no data directory. `sources` says where settings came from, by name, as a
 * person calls it; `environment` is where config providers find variables.
 * @throws ConfigError in one line: unknown name, value that is not allowed or contradicts another, listeners or levels
 *   that cannot be served
 */
export function createBrokerConfig(
  values: ReadonlyMap<string, string> = new Map(),
  features: ReadonlyMap<string, number> = new Map(),
  sources: ReadonlyMap<string, string> = new Map(),
  environment: Readonly<Record<string, string | undefined>> = process.env,
): BrokerConfig {
  try {
    const given = resolveReferences(values, environment);
    checkAskedFeatures(features);
    const config = new ResolvedBrokerConfig(checkValues(given), features);
    const wrong = inconsistency((name) => config.text(name));
    if (wrong !== null) throw new ConfigError(wrong.text, wrong.settings);
    checkSecurity(config);
    parseScramUsers(config.text(SCRAM_USERS) ?? '');
    return config;
  } catch (error) {
    throw error instanceof ConfigError ? error.from(sources) : error;
  }
}

/**
 * A directory as log.dirs can carry it, which has several with commas between: absolute. `where` begins the error's
 * sentence.
 * @throws ConfigError when data would go to another directory
 */
export function oneDirectory(directory: string, where: string): string {
  if (directory.trim() === '') throw new ConfigError(`${where}: the directory has no name`);
  const path = resolve(directory);
  if (path.includes(',')) throw new ConfigError(`${where}: "${path}" has a comma, and no data directory may`);
  return path;
}
