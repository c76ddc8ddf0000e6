/** The `ssl.…` settings of a listener, out of a broker's configuration. */
import type { BrokerConfig } from '../../config/broker-config.ts';
import { brokerSetting } from '../../config/broker-settings.ts';
import type { TlsSettings } from './stores.ts';

/** Dynamic settings: of this broker, and of all. */
export interface DynamicSettings {
  readonly own: ReadonlyMap<string, string>;
  readonly defaults: ReadonlyMap<string, string>;
}

const NONE: ReadonlyMap<string, string> = new Map();
/** Without what was set at run time. */
export const NO_DYNAMIC: DynamicSettings = { own: NONE, defaults: NONE };

/** A listener's settings with these dynamic ones over those of the file. */
export function tlsSettings(
  { staticValues }: Pick<BrokerConfig, 'staticValues'>,
  listener: string,
  { own, defaults }: DynamicSettings = NO_DYNAMIC,
): TlsSettings {
  const prefix = `listener.name.${listener.toLowerCase()}.`;
  const layers = [own, defaults, staticValues];
  const find = (name: string): string | undefined => layers.find((values) => values.has(name))?.get(name);
  return {
    listener,
    text: (name) => {
      const value = find(prefix + name) ?? find(name) ?? brokerSetting(name)?.defaultValue ?? null;
      return value?.trim() === '' ? null : value;
    },
    nameOf: (name) => (find(prefix + name) === undefined ? name : prefix + name),
  };
}
