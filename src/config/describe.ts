/**
 * How settings are shown (DescribeConfigs): value in force, where it comes from, and all the places it could come from
 * in the order in which they count.
 */
import type { BrokerConfig } from './broker-config.ts';
import { BROKER_SETTINGS, brokerSetting, brokerSynonyms } from './broker-settings.ts';
import { CLIENT_METRICS_SETTINGS_LIST, GROUP_SETTINGS_LIST, groupBrokerNameOf } from './group-settings.ts';
import type { Setting, SettingType } from './setting.ts';
import { brokerNameOf, inheritedText } from './resolved-topic-config.ts';
import { TOPIC_SETTINGS_LIST } from './topic-settings.ts';

/** Kafka's config sources on the wire. */
export const ConfigSource = {
  UNKNOWN: 0,
  DYNAMIC_TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
  CLIENT_METRICS_CONFIG: 7,
  GROUP_CONFIG: 8,
} as const;
export type ConfigSource = (typeof ConfigSource)[keyof typeof ConfigSource];

/** Kafka's config types on the wire. */
const CONFIG_TYPES: Readonly<Record<SettingType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
};

const UNKNOWN_TYPE = 0;

export interface ConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSource;
}

/** One setting as DescribeConfigs answers it. */
export interface ConfigEntry {
  readonly name: string;
  /** Null for sensitive settings and for those that are not set. */
  readonly value: string | null;
  readonly source: ConfigSource;
  /** All places that give a value, the one in force first. */
  readonly synonyms: readonly ConfigSynonym[];
  /** Kafka's config type on the wire. */
  readonly type: number;
  readonly readOnly: boolean;
  readonly sensitive: boolean;
  /** Null for a setting that nobody knows. */
  readonly documentation: string | null;
}

/** The setting, where it is one that Kafka knows. */
function knownSetting(brokerName: string): Setting | undefined {
  const definition = brokerSetting(brokerName);
  return definition?.foreign === true ? undefined : definition;
}

/** Passwords, and whatever nobody knows: it may be the password of a plugin. */
function isSensitive(brokerName: string): boolean {
  const definition = knownSetting(brokerName);
  return definition === undefined || definition.type === 'password';
}

/** Values of broker settings, in the order of sources in which they count. */
function brokerSources(config: BrokerConfig, names: readonly string[]): ConfigSynonym[] {
  const found: ConfigSynonym[] = [];
  const add = (source: ConfigSource, value: (name: string) => string | null | undefined): void => {
    for (const name of names) {
      const text = value(name);
      if (text === undefined || text === null) continue;
      found.push({ name, value: isSensitive(name) ? null : text, source });
    }
  };
  add(ConfigSource.DYNAMIC_BROKER_CONFIG, (name) => config.dynamicOwn.get(name));
  add(ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, (name) => config.dynamicDefaults.get(name));
  add(ConfigSource.STATIC_BROKER_CONFIG, (name) => config.staticValues.get(name));
  add(ConfigSource.DEFAULT_CONFIG, (name) => {
    const definition = BROKER_SETTINGS.get(name);
    return definition?.required ? null : definition?.defaultValue;
  });
  return found;
}

/** The broker's part of a synonym list; like Kafka, it begins at the first place that carries the very name. */
function inheritedSynonyms(config: BrokerConfig, brokerName: string | null): ConfigSynonym[] {
  if (brokerName === null) return [];
  const all = brokerSources(config, brokerSynonyms(brokerName));
  const start = all.findIndex(({ name }) => name === brokerName);
  return start < 0 ? [] : all.slice(start);
}

function entry(
  definition: Setting,
  value: string | null,
  synonyms: readonly ConfigSynonym[],
  readOnly: boolean,
): ConfigEntry {
  const sensitive = definition.type === 'password';
  return {
    name: definition.name,
    value: sensitive ? null : value,
    source: synonyms[0]?.source ?? ConfigSource.DEFAULT_CONFIG,
    synonyms,
    type: CONFIG_TYPES[definition.type],
    readOnly,
    sensitive,
    documentation: definition.doc,
  };
}

/** Entries of a resource whose own values lie over others. */
function layered(
  definitions: readonly Setting[],
  overrides: ReadonlyMap<string, string>,
  source: ConfigSource,
  inherited: (setting: Setting) => { readonly value: string | null; readonly synonyms: readonly ConfigSynonym[] },
): ConfigEntry[] {
  return definitions
    .filter(({ name, internal }) => !internal || overrides.has(name))
    .map((definition) => {
      const own = overrides.get(definition.name);
      const below = inherited(definition);
      if (own === undefined) return entry(definition, below.value, below.synonyms, false);
      return entry(definition, own, [{ name: definition.name, value: own, source }, ...below.synonyms], false);
    });
}

/** A topic's settings: its overrides over the broker's settings. */
export function describeTopicConfigs(config: BrokerConfig, overrides: ReadonlyMap<string, string>): ConfigEntry[] {
  return layered(TOPIC_SETTINGS_LIST, overrides, ConfigSource.DYNAMIC_TOPIC_CONFIG, ({ name }) => ({
    value: inheritedText(name, (brokerName) => config.text(brokerName)),
    synonyms: inheritedSynonyms(config, brokerNameOf(name)),
  }));
}

/**
 * A topic's settings as CreateTopics shows them. Their sources take every name of a setting into account, where the
 * synonyms of DescribeConfigs begin at the first place with the very name: log.roll.hours makes segment.ms static here.
 */
export function describeCreatedTopic(config: BrokerConfig, overrides: ReadonlyMap<string, string>): ConfigEntry[] {
  return describeTopicConfigs(config, overrides).map((shown) => {
    const brokerName = brokerNameOf(shown.name);
    if (brokerName === null || overrides.has(shown.name)) return shown;
    const [first] = brokerSources(config, brokerSynonyms(brokerName));
    return { ...shown, source: first?.source ?? ConfigSource.DEFAULT_CONFIG };
  });
}

/** A group's settings. */
export function describeGroupConfigs(config: BrokerConfig, overrides: ReadonlyMap<string, string>): ConfigEntry[] {
  return layered(GROUP_SETTINGS_LIST, overrides, ConfigSource.GROUP_CONFIG, ({ name, defaultValue }) => {
    const brokerName = groupBrokerNameOf(name);
    if (brokerName !== null) {
      return { value: config.text(brokerName) ?? defaultValue, synonyms: inheritedSynonyms(config, brokerName) };
    }
    const source = ConfigSource.DEFAULT_CONFIG;
    return { value: defaultValue, synonyms: defaultValue === null ? [] : [{ name, value: defaultValue, source }] };
  });
}

/** The settings of a client-metrics subscription. */
export function describeClientMetricsConfigs(overrides: ReadonlyMap<string, string>): ConfigEntry[] {
  const source = ConfigSource.CLIENT_METRICS_CONFIG;
  return layered(CLIENT_METRICS_SETTINGS_LIST, overrides, source, ({ defaultValue }) => ({
    value: defaultValue,
    synonyms: [],
  }));
}

/** As Kafka shows them, whether they may be changed or not. */
function isOfListener(name: string): boolean {
  return name.startsWith('listener.name.');
}

/** One setting of a broker; of a name that nobody knows only the name is shown, and where it was set. */
function brokerEntry(name: string, value: string | null, synonyms: readonly ConfigSynonym[]): ConfigEntry {
  const definition = knownSetting(name);
  if (definition !== undefined)
    return entry({ ...definition, name }, value, synonyms, definition.update === 'read-only' || isOfListener(name));
  const source = synonyms[0]?.source ?? ConfigSource.DEFAULT_CONFIG;
  return {
    name,
    value: null,
    source,
    synonyms,
    type: UNKNOWN_TYPE,
    readOnly: true,
    sensitive: true,
    documentation: null,
  };
}

/** This broker's settings: all of the table, and those of any other name that were set. */
export function describeBrokerConfigs(config: BrokerConfig): ConfigEntry[] {
  const names = new Set<string>();
  for (const { name, internal, foreign } of BROKER_SETTINGS.values()) if (!internal && !foreign) names.add(name);
  for (const values of [config.staticValues, config.dynamicDefaults, config.dynamicOwn]) {
    for (const name of values.keys()) names.add(name);
  }
  return [...names].map((name) => {
    const value = brokerSetting(name) === undefined ? null : config.text(name);
    return brokerEntry(name, value, inheritedSynonyms(config, name));
  });
}

/** The dynamic settings that hold for all brokers (resource name empty): only what was set. */
export function describeClusterDefaults(config: BrokerConfig): ConfigEntry[] {
  return [...config.dynamicDefaults].map(([name, value]) => {
    const synonyms = inheritedSynonyms(config, name).filter(
      ({ source }) => source === ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG,
    );
    return brokerEntry(name, value, synonyms);
  });
}
