/**
 * Checks of settings that clients send (CreateTopics, AlterConfigs): Kafka's rules and error codes, messages that name
 * the setting and the value. Every check gives the values back in canonical text.
 */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { BrokerConfig } from './broker-config.ts';
import { checkBrokerRules } from './broker-rules.ts';
import { brokerSetting, listenerSettingBase } from './broker-settings.ts';
import { wrongClientMatch } from './client-match.ts';
import { CLIENT_METRICS_SETTINGS, GROUP_SETTINGS, groupBoundsOf } from './group-settings.ts';
import { didYouMean } from './nearest.ts';
import type { Setting, UpdateMode } from './setting.ts';
import { canonicalText, SettingError, shown, splitList } from './value.ts';
import { TOPIC_SETTINGS } from './topic-settings.ts';

/** Longest value that Kafka stores, in characters. */
const MAX_VALUE_LENGTH = 32_767;

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_CONFIG, message);
}

function canonicalOrThrow(definition: Setting, value: string): string {
  if (value.length > MAX_VALUE_LENGTH) {
    throw invalid(
      `The configuration value cannot be added because it exceeds the maximum value size of ${MAX_VALUE_LENGTH} bytes.`,
    );
  }
  try {
    return canonicalText(definition, value);
  } catch (error) {
    throw error instanceof SettingError ? invalid(error.message) : error;
  }
}

/** Checks one value of a topic. @throws KafkaError INVALID_CONFIG */
function validateTopicConfig(name: string, value: string | null): string {
  const definition = TOPIC_SETTINGS.get(name);
  if (definition === undefined) {
    throw invalid(`Unknown topic config name: ${shown(name)}${didYouMean(name, TOPIC_SETTINGS.keys())}`);
  }
  if (value === null) throw invalid(`Null value not supported for topic configs: ${shown(name)}`);
  return canonicalOrThrow(definition, value);
}

/**
 * Checks a topic's overrides, each and together; `config` gives what they do not set.
 * @throws KafkaError INVALID_CONFIG
 */
export function validateTopicConfigs(
  configs: ReadonlyMap<string, string | null>,
  config?: BrokerConfig,
): Map<string, string> {
  const checked = new Map<string, string>();
  const nulls = [...configs].filter(([, value]) => value === null).map(([name]) => name);
  if (nulls.length > 0) throw invalid(`Null value not supported for topic configs: ${nulls.map(shown).join(',')}`);
  for (const [name, value] of configs) checked.set(name, validateTopicConfig(name, value));
  const number = (name: string, brokerName: string): bigint => {
    const text = checked.get(name) ?? config?.text(brokerName) ?? TOPIC_SETTINGS.get(name)?.defaultValue;
    return BigInt(text ?? 0);
  };
  const minLag = number('min.compaction.lag.ms', 'log.cleaner.min.compaction.lag.ms');
  const maxLag = number('max.compaction.lag.ms', 'log.cleaner.max.compaction.lag.ms');
  if (minLag > maxLag) {
    throw invalid(
      `conflict topic config setting min.compaction.lag.ms (${minLag}) > max.compaction.lag.ms (${maxLag})`,
    );
  }
  if (checked.get('remote.storage.enable') === 'true') {
    throw invalid(
      'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.',
    );
  }
  return checked;
}

/** Settings of a listener that may be set for all brokers. */
const CLUSTER_WIDE_OF_LISTENERS = new Set(['max.connection.creation.rate', 'max.connections', 'num.network.threads']);

function isOfOneBroker(listenerSetting: string | null): boolean {
  return listenerSetting !== null && !CLUSTER_WIDE_OF_LISTENERS.has(listenerSetting);
}

function updateMode(name: string): UpdateMode | undefined {
  return brokerSetting(name)?.update;
}

/** Refuses settings by name, if there are any, with Kafka's texts. @throws KafkaError INVALID_REQUEST */
function refuseNames(problem: string, names: readonly string[]): void {
  if (names.length > 0) throw new KafkaError(ErrorCode.INVALID_REQUEST, `${problem}: [${names.join(', ')}]`);
}

/** Keys and certificates: as in Kafka, they change only for a listener of their own. */
const OF_A_LISTENER = /^ssl\.(?:key\.password$|engine\.factory\.class$|keystore\.|truststore\.)/;

/** The value of a dynamic setting. Unlike a file's and a topic's lists, a broker's and a group's may not repeat itself. */
function dynamicValue(definition: Setting, value: string): string {
  const elements = definition.type === 'list' && definition.repeats !== true ? splitList(value) : [];
  if (new Set(elements).size < elements.length) {
    throw invalid(`Configuration '${definition.name}' values must not be duplicated.`);
  }
  return canonicalOrThrow(definition, value);
}

/**
 * Checks dynamic settings of a broker, or with `brokerId` null of all brokers; `config` is what they would change.
 * Names that nobody knows are kept.
 * @throws KafkaError INVALID_REQUEST for settings that cannot change while the broker runs or do not go together,
 *   INVALID_CONFIG for values
 */
export function validateBrokerConfigs(
  configs: ReadonlyMap<string, string | null>,
  brokerId: number | null,
  config?: BrokerConfig,
): Map<string, string> {
  const names = [...configs.keys()];
  refuseNames(
    'Cannot update these configs dynamically',
    names.filter((name) => updateMode(name) === 'read-only'),
  );
  refuseNames(
    'These security configs can be dynamically updated only per-listener using the listener prefix',
    names.filter((name) => OF_A_LISTENER.test(name) && updateMode(name) === 'per-broker'),
  );
  if (brokerId === null) {
    refuseNames(
      'Cannot update these configs at default cluster level, broker id must be specified',
      names.filter((name) => updateMode(name) === 'per-broker' || isOfOneBroker(listenerSettingBase(name))),
    );
  }
  const checked = new Map<string, string>();
  for (const [name, value] of configs) {
    if (value === null) throw invalid(`Null value not supported for broker configs: ${shown(name)}`);
    const definition = brokerSetting(name);
    checked.set(name, definition === undefined ? value : dynamicValue(definition, value));
  }
  if (config !== undefined) checkBrokerRules(checked, config, brokerId !== null);
  return checked;
}

/** Checks a group's settings against the broker's bounds. @throws KafkaError INVALID_CONFIG */
export function validateGroupConfigs(
  configs: ReadonlyMap<string, string | null>,
  config: BrokerConfig,
): Map<string, string> {
  const checked = new Map<string, string>();
  for (const [name, value] of configs) {
    const definition = GROUP_SETTINGS.get(name);
    if (definition === undefined) {
      throw invalid(`Unknown group config name: ${shown(name)}${didYouMean(name, GROUP_SETTINGS.keys())}`);
    }
    if (value === null) throw invalid(`Null value not supported for group configs: ${shown(name)}`);
    const text = dynamicValue(definition, value);
    const bounds = groupBoundsOf(name);
    if (bounds.min !== null && Number(text) < config.int(bounds.min)) {
      throw invalid(`${name} must be greater than or equal to ${bounds.min}: ${text} < ${config.int(bounds.min)}`);
    }
    if (bounds.max !== null && Number(text) > config.int(bounds.max)) {
      throw invalid(`${name} must be less than or equal to ${bounds.max}: ${text} > ${config.int(bounds.max)}`);
    }
    checked.set(name, text);
  }
  for (const kind of ['consumer', 'share', 'streams']) {
    const number = (name: string): number =>
      Number(checked.get(`${kind}.${name}`) ?? config.text(`group.${kind}.${name}`));
    if (number('session.timeout.ms') <= number('heartbeat.interval.ms')) {
      throw invalid(`${kind}.session.timeout.ms must be greater than ${kind}.heartbeat.interval.ms`);
    }
  }
  return checked;
}

/** @throws KafkaError INVALID_REQUEST, as Kafka calls what is out of these bounds */
function checkReportInterval({ name, min = 0, max = 0 }: Setting, value: string): void {
  const interval = /^\s*[+-]?\d{1,9}\s*$/.test(value) ? Number(value) : min;
  if (interval >= min && interval <= max) return;
  const text = `Invalid value ${interval} for ${name}, interval must be between ${min} and ${max} (1 hour)`;
  throw new KafkaError(ErrorCode.INVALID_REQUEST, text);
}

/** Checks a client-metrics subscription. @throws KafkaError INVALID_CONFIG, INVALID_REQUEST */
export function validateClientMetricsConfigs(configs: ReadonlyMap<string, string | null>): Map<string, string> {
  const checked = new Map<string, string>();
  for (const [name, value] of configs) {
    const definition = CLIENT_METRICS_SETTINGS.get(name);
    if (definition === undefined) {
      throw new KafkaError(ErrorCode.INVALID_REQUEST, `Unknown client metrics configuration: ${shown(name)}`);
    }
    if (value === null) throw invalid(`Null value not supported for client metrics configs: ${shown(name)}`);
    if (name === 'interval.ms') checkReportInterval(definition, value);
    const wrong = name === 'match' ? wrongClientMatch(value) : null;
    if (wrong !== null) throw invalid(wrong);
    checked.set(name, canonicalOrThrow(definition, value));
  }
  return checked;
}

/**
 * A list with elements added at the end; those it has already stay where they are. Nothing is an empty element, which no
 * list may have; as in Kafka, only one comma or more are no elements.
 */
export function appendToList(current: string, added: string): string {
  const elements = splitList(current);
  const more = added.trim() === '' ? [''] : splitList(added.replace(/,+$/, ''));
  for (const element of more) if (!elements.includes(element)) elements.push(element);
  return elements.join(',');
}

/** A list without some elements. */
export function subtractFromList(current: string, removed: string): string {
  const gone = new Set(splitList(removed));
  return splitList(current)
    .filter((element) => !gone.has(element))
    .join(',');
}
