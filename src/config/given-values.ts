/** The settings that a broker is given by name: what of them is allowed, in canonical text, and what means nothing here. */
import { BROKER_SETTINGS, brokerSetting, listenerSettingBase } from './broker-settings.ts';
import { ConfigError } from './config-error.ts';
import { isOfProvider } from './config-providers.ts';
import { isForeign, nearestSetting, withReplacement } from './foreign-settings.ts';
import { canonicalText, SettingError } from './value.ts';

/** A name that resembles a setting is a misspelt one; others mean something to somebody else. @throws ConfigError */
function checkUnknown(name: string): void {
  if (name.trim() === '') throw new ConfigError('there is a value without the name of a setting', [name]);
  if (isForeign(name) || isOfProvider(name)) return;
  const nearest = nearestSetting(name);
  if (nearest !== null) throw new ConfigError(`unknown setting ${name}; did you mean ${nearest}?`, [name]);
  if (name.startsWith('walka.')) throw new ConfigError(`unknown setting ${name}`, [name]);
}

/** Canonical text of every value given. @throws ConfigError for unknown names and values that are not allowed */
export function checkValues(values: ReadonlyMap<string, string>): Map<string, string> {
  const checked = new Map<string, string>();
  for (const [name, value] of values) {
    const definition = brokerSetting(name);
    if (definition === undefined) {
      checkUnknown(name);
      checked.set(name, value);
      continue;
    }
    // A file that leaves a value empty leaves the setting at its default, except where empty is a value.
    if (value.trim() === '' && definition.type !== 'list' && definition.type !== 'string') continue;
    try {
      checked.set(name, canonicalText(definition, value));
    } catch (error) {
      throw error instanceof SettingError ? new ConfigError(error.message, [name]) : error;
    }
  }
  equateIds(checked);
  return checked;
}

/** `broker.id` is the former name of `node.id`; as in Kafka, either gives the other. */
function equateIds(values: Map<string, string>): void {
  const [node, broker] = [values.get('node.id'), values.get('broker.id')];
  if (broker === undefined && node !== undefined) values.set('broker.id', node);
  if (node === undefined && broker !== undefined && Number(broker) >= 0) values.set('node.id', broker);
}

/** What a listener may have a value of its own of. */
const OF_LISTENERS =
  /^(?:[a-z0-9-]+\.)?(?:sasl\.|ssl\.|connections\.max\.reauth\.ms$)|^max\.connection(?:s|\.creation\.rate)$/;

function isWithoutEffect(name: string): boolean {
  const base = listenerSettingBase(name);
  const isRead = BROKER_SETTINGS.has(name) || (base !== null && OF_LISTENERS.test(base));
  return (brokerSetting(name)?.inert !== false || !isRead) && !isOfProvider(name);
}

/** Names among `values` that mean nothing here and are accepted, each with what took its place in Kafka, if anything. */
export function namesWithoutEffect(values: ReadonlyMap<string, string>): string[] {
  return [...values.keys()].filter(isWithoutEffect).sort().map(withReplacement);
}
