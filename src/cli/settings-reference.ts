/** The reference of all settings, as Markdown: docs/settings.md is this, and a test holds it equal. */
import { BROKER_SETTING_GROUPS, brokerSetting } from '../config/broker-settings.ts';
import { CLIENT_METRICS_SETTINGS_LIST, GROUP_SETTINGS_LIST } from '../config/group-settings.ts';
import type { Setting } from '../config/setting.ts';
import { brokerNameOf, inheritedText } from '../config/resolved-topic-config.ts';
import { TOPIC_SETTINGS_LIST } from '../config/topic-settings.ts';

/** The values that a setting may have, each shown by `quote`; empty when any will do. */
export function allowedText({ min, max, except, values }: Setting, quote: (value: string) => string): string {
  if (values !== undefined) return values.map(quote).join(', ');
  const other = except === undefined ? '' : ` or ${except}`;
  if (min !== undefined && max !== undefined) return `${min} to ${max}${other}`;
  if (min !== undefined) return `≥ ${min}${other}`;
  return max === undefined ? '' : `≤ ${max}${other}`;
}

function allowed(setting: Setting): string {
  return allowedText(setting, (value) => `\`${value}\``);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function defaultText({ defaultValue }: Setting): string {
  return defaultValue === null ? '' : defaultValue === '' ? '(empty)' : `\`${defaultValue}\``;
}

const UPDATES = { 'read-only': '', 'per-broker': 'broker', 'cluster-wide': 'cluster' } as const;

/** Whether a change counts while the broker runs. */
export function changesLive({ update, atStart }: Setting): boolean {
  return update !== 'read-only' && atStart !== true;
}

function brokerTable(settings: readonly Setting[]): string[] {
  const rows = settings
    .filter(({ inert, internal }) => !inert && !internal)
    .map((setting) =>
      [
        `\`${setting.name}\``,
        setting.type,
        defaultText(setting),
        allowed(setting),
        changesLive(setting) ? UPDATES[setting.update] : '',
        setting.doc,
      ].map(cell),
    );
  if (rows.length === 0) return [];
  return table(['name', 'type', 'default', 'allowed', 'changes live', 'meaning'], rows);
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line), ''];
}

const brokerDefault = (name: string): string | null => brokerSetting(name)?.defaultValue ?? null;

/** The settings of topics, with the defaults that they have where nothing is set on the broker, either. */
export function shownTopicSettings(): Setting[] {
  return TOPIC_SETTINGS_LIST.filter(({ internal }) => !internal).map((setting) => ({
    ...setting,
    defaultValue: inheritedText(setting.name, brokerDefault),
  }));
}

function topicTable(): string[] {
  const rows = shownTopicSettings().map((setting) => {
    const broker = brokerNameOf(setting.name);
    return [
      `\`${setting.name}\``,
      setting.type,
      defaultText(setting),
      allowed(setting),
      broker === null ? '' : `\`${broker}\``,
      setting.doc,
    ].map(cell);
  });
  return table(['name', 'type', 'default', 'allowed', 'default from', 'meaning'], rows);
}

function plainTable(settings: readonly Setting[]): string[] {
  const rows = settings
    .filter(({ internal }) => !internal)
    .map((setting) =>
      [`\`${setting.name}\``, setting.type, defaultText(setting), allowed(setting), setting.doc].map(cell),
    );
  return table(['name', 'type', 'default', 'allowed', 'meaning'], rows);
}

function inertList(): string[] {
  const names = BROKER_SETTING_GROUPS.flatMap(({ settings }) => settings)
    .filter(({ inert, internal }) => inert && !internal)
    .map(({ name }) => `\`${name}\``)
    .sort();
  return [`${names.join(', ')}.`, ''];
}

/** The whole reference. */
export function settingsReference(): string {
  const lines = [
    '# Settings',
    '',
    'Made by `walka settings > docs/settings.md` from the tables in `src/config`. Names are those of Apache Kafka 4.4;',
    "Walka's own begin with `walka.`. Settings come from a properties file, over that from environment variables, and over",
    'both from `--override name=value`. A variable is `KAFKA_`, or `WALKA_` in the place of `walka.`, and the name in capitals',
    'with `_` for a dot, `__` for an underscore and `___` for a dash. `walka settings NAME` tells about one setting.',
    '',
    'A listener may have values of its own of `ssl.*`, `sasl.*`, `connections.max.reauth.ms`, `max.connections` and',
    '`max.connection.creation.rate`, as in `listener.name.NAME.ssl.keystore.location`, with its name in lower case; for one',
    'mechanism of SASL that stands behind it: `listener.name.NAME.plain.sasl.jaas.config`.',
    '',
    '"Changes live" says whether IncrementalAlterConfigs (`walka configs set`, `kafka-configs.sh`) can change a setting while',
    'the broker runs: for one broker, or for the cluster (and each broker).',
    '',
  ];
  for (const { title, settings } of BROKER_SETTING_GROUPS) {
    const rows = brokerTable(settings);
    if (rows.length > 0) lines.push(`## ${title}`, '', ...rows);
  }
  lines.push('## Topics', '', 'Those of remote storage are kept and shown, without effect yet.', '');
  lines.push(...topicTable());
  lines.push('## Groups', '', 'Those of one group, set with `kafka-configs --entity-type groups`.', '');
  lines.push(...plainTable(GROUP_SETTINGS_LIST));
  const subscriptions = 'Those of one subscription, set with `kafka-client-metrics.sh`.';
  lines.push('## Client metrics subscriptions', '', subscriptions, '');
  lines.push(...plainTable(CLIENT_METRICS_SETTINGS_LIST), '## Accepted without effect', '');
  lines.push("Kafka's settings that mean nothing here, or not yet; existing configurations keep working.", '');
  lines.push(...inertList());
  return lines.join('\n');
}
