/**
 * The table of broker settings: every name that Apache Kafka 4.4 knows, and Walka's own (`walka.*`). It answers
 * DescribeConfigs, checks files, flags and environment, and is printed as docs/settings.md.
 */
import type { Setting } from './setting.ts';
import { CONTROLLER_SETTINGS } from './settings/controller.ts';
import { GROUPS_SETTINGS } from './settings/groups.ts';
import { LOG_SETTINGS } from './settings/log.ts';
import { NETWORK_SETTINGS } from './settings/network.ts';
import { REPLICATION_SETTINGS } from './settings/replication.ts';
import { SECURITY_SETTINGS } from './settings/security.ts';
import { SHARE_STREAMS_SETTINGS } from './settings/share-streams.ts';
import { TRANSACTIONS_SETTINGS } from './settings/transactions.ts';
import { WALKA_SETTINGS } from './settings/walka.ts';

/** A chapter of the table, as printed. */
export interface SettingGroup {
  readonly title: string;
  readonly settings: readonly Setting[];
}

export const BROKER_SETTING_GROUPS: readonly SettingGroup[] = [
  { title: "Walka's own", settings: WALKA_SETTINGS },
  { title: 'Network, requests and topics', settings: NETWORK_SETTINGS },
  { title: 'Log', settings: LOG_SETTINGS },
  { title: 'Groups and offsets', settings: GROUPS_SETTINGS },
  { title: 'Transactions', settings: TRANSACTIONS_SETTINGS },
  { title: 'Share groups and streams groups', settings: SHARE_STREAMS_SETTINGS },
  { title: 'Security', settings: SECURITY_SETTINGS },
  { title: 'Replication and remote storage', settings: REPLICATION_SETTINGS },
  { title: 'Controller and quotas', settings: CONTROLLER_SETTINGS },
];

/** All broker settings by name. */
export const BROKER_SETTINGS: ReadonlyMap<string, Setting> = new Map(
  BROKER_SETTING_GROUPS.flatMap(({ settings }) => settings.map((definition) => [definition.name, definition] as const)),
);

/** Names of which the first that is set counts, the most exact first; their values are in different units. */
const BROKER_SYNONYMS: readonly (readonly string[])[] = [
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
];

const SYNONYMS_BY_NAME: ReadonlyMap<string, readonly string[]> = new Map([
  ...BROKER_SYNONYMS.flatMap((names) => names.map((name) => [name, names] as const)),
  ['log.flush.interval.ms', ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms']],
]);

/** What a listener may have of its own, which tells where its name ends: that may have dots. */
const OF_LISTENER =
  /^listener\.name\..+?\.((?:[a-z0-9-]+\.)?(?:sasl\..+|connections\.max\.reauth\.ms)|ssl\..+|max\.connection(?:s|\.creation\.rate))$/;
const OTHER = /^listener\.name\.[^.]*\.(.+)$/;

/** A listener's own value of a setting: `listener.name.<listener>.<setting>`; gives `<setting>`, or null. */
export function listenerSettingBase(name: string): string | null {
  return (OF_LISTENER.exec(name) ?? OTHER.exec(name))?.[1] ?? null;
}

/** The names that `name` falls back to, itself among them, in the order in which they count. */
export function brokerSynonyms(name: string): readonly string[] {
  const base = listenerSettingBase(name);
  if (base !== null) return [name, base];
  return SYNONYMS_BY_NAME.get(name) ?? [name];
}

/** The definition that applies to a name, also to a listener's own value of a setting. */
export function brokerSetting(name: string): Setting | undefined {
  const own = BROKER_SETTINGS.get(name);
  if (own !== undefined) return own;
  const base = listenerSettingBase(name);
  if (base === null) return undefined;
  return (
    BROKER_SETTINGS.get(base) ??
    BROKER_SETTINGS.get(base.replace(/^[a-z0-9-]+\.(?=sasl\.|connections\.max\.reauth\.ms$)/, ''))
  );
}
