/** `walka settings`: what a setting means, or the reference of all. */
import type { Command } from 'commander';
import { BROKER_SETTINGS } from '../../config/broker-settings.ts';
import { ConfigError } from '../../config/config-error.ts';
import { variableOf } from '../../config/environment.ts';
import { isForeign, withReplacement } from '../../config/foreign-settings.ts';
import { GROUP_SETTINGS_LIST } from '../../config/group-settings.ts';
import { didYouMean } from '../../config/nearest.ts';
import type { Setting } from '../../config/setting.ts';
import { brokerNameOf } from '../../config/resolved-topic-config.ts';
import type { CommandContext } from '../context.ts';
import type { Output } from '../output.ts';
import { allowedText, changesLive, settingsReference, shownTopicSettings } from '../settings-reference.ts';

type Scope = 'broker' | 'topic' | 'group';

interface Known {
  readonly scope: Scope;
  readonly setting: Setting;
}

function* allSettings(): Generator<Known, void, undefined> {
  for (const setting of BROKER_SETTINGS.values()) if (!setting.internal) yield { scope: 'broker', setting };
  for (const setting of shownTopicSettings()) yield { scope: 'topic', setting };
  for (const setting of GROUP_SETTINGS_LIST) if (!setting.internal) yield { scope: 'group', setting };
}

function facts({ scope, setting }: Known): Readonly<Record<string, string>> {
  const { name, type, defaultValue, inert } = setting;
  const facts: Record<string, string> = { of: scope, type };
  if (defaultValue !== null) facts['default'] = defaultValue === '' ? '(empty)' : defaultValue;
  const broker = scope === 'topic' ? brokerNameOf(name) : null;
  if (broker !== null) facts['default from'] = broker;
  const allowed = allowedText(setting, (value) => value);
  if (allowed !== '') facts['allowed'] = allowed;
  if (scope === 'broker') {
    facts['changes'] = changesLive(setting) ? 'while the broker runs' : 'only with a restart';
    facts['variable'] = variableOf(name);
  }
  if (inert) facts['effect'] = 'none here: accepted so that existing configurations work';
  return facts;
}

async function print(known: Known, output: Output): Promise<void> {
  const { scope, setting } = known;
  const { name, type, defaultValue, doc, inert, values, min, max } = setting;
  if (output.isJson) {
    const variable = scope === 'broker' ? variableOf(name) : undefined;
    await output.json({
      name,
      scope,
      type,
      default: defaultValue,
      values,
      min,
      max,
      variable,
      changesLive: scope !== 'broker' || changesLive(setting),
      inert,
      doc,
    });
    return;
  }
  await output.line(output.style('bold', name));
  for (const [fact, value] of Object.entries(facts(known))) await output.line(`  ${`${fact}:`.padEnd(14)}${value}`);
  await output.line(`  ${doc}`);
}

async function describe(text: string, output: Output): Promise<void> {
  const all = [...allSettings()];
  const wanted = text.toLowerCase();
  const exact = all.filter(({ setting }) => setting.name === wanted || variableOf(setting.name) === text);
  if (exact.length > 0) {
    for (const known of exact) await print(known, output);
    return;
  }
  const alike = all.filter(({ setting }) => setting.name.includes(wanted));
  if (alike.length === 0) {
    if (isForeign(wanted)) throw new ConfigError(`settings: ${withReplacement(wanted)} means nothing here`);
    throw new ConfigError(
      `settings: unknown setting ${text}${didYouMean(
        wanted,
        all.map(({ setting }) => setting.name),
      )}`,
    );
  }
  if (output.isJson) for (const known of alike) await print(known, output);
  else {
    const rows = alike.map(({ scope, setting }) => [setting.name, scope, setting.defaultValue ?? '']);
    await output.table(['NAME', 'OF', 'DEFAULT'], rows);
  }
}

export function define(settings: Command, { output }: CommandContext): void {
  settings
    .argument('[setting]', 'its name, its variable, or a part of names: those are listed')
    .action(async (name: string | undefined) => {
      if (name !== undefined) await describe(name, output);
      else if (output.isJson) for (const known of allSettings()) await print(known, output);
      else await output.write(settingsReference());
    });
}
