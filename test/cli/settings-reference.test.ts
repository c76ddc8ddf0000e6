/** The printed reference of settings is the table's. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { changesLive, settingsReference, shownTopicSettings } from '../../src/cli/settings-reference.ts';
import { createBrokerConfig } from '../../src/config/broker-config.ts';
import { BROKER_SETTING_GROUPS, BROKER_SETTINGS } from '../../src/config/broker-settings.ts';
import { describeTopicConfigs } from '../../src/config/describe.ts';
import { canonicalText } from '../../src/config/value.ts';
import { brokerNameOf } from '../../src/config/resolved-topic-config.ts';
import { TOPIC_SETTINGS_LIST } from '../../src/config/topic-settings.ts';

test('docs/settings.md is what the tables say (walka settings > docs/settings.md)', () => {
  const printed = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8');
  assert.equal(printed, settingsReference());
});

test("a topic's defaults are those that hold where nothing is set", () => {
  const held = describeTopicConfigs(createBrokerConfig(new Map()), new Map());
  const told = shownTopicSettings().map(({ name, defaultValue }) => [name, defaultValue]);
  assert.deepEqual(
    told,
    held.map(({ name, value }) => [name, value]),
  );
});

test('what is read at the start alone is not told to change while the broker runs', () => {
  const live = ['listeners', 'sasl.enabled.mechanisms', 'log.retention.ms', 'ssl.keystore.location'].filter((name) => {
    const setting = BROKER_SETTINGS.get(name);
    return setting !== undefined && changesLive(setting);
  });
  assert.deepEqual(live, ['log.retention.ms', 'ssl.keystore.location']);
});

test('no name is in the table twice, and every default is an allowed value', () => {
  const settings = BROKER_SETTING_GROUPS.flatMap((group) => group.settings);
  assert.equal(BROKER_SETTINGS.size, settings.length);
  for (const setting of [...settings, ...TOPIC_SETTINGS_LIST]) {
    if (setting.defaultValue === null) continue;
    assert.equal(canonicalText(setting, setting.defaultValue), setting.defaultValue, setting.name);
  }
});

test("every topic setting's default comes from a broker setting that exists", () => {
  for (const { name } of TOPIC_SETTINGS_LIST) {
    const broker = brokerNameOf(name);
    assert.ok(broker === null || BROKER_SETTINGS.has(broker), `${name} from ${broker}`);
  }
});

test('a setting that the broker goes by is not listed as one without effect', () => {
  const files = globSync('src/**/*.ts', { cwd: new URL('../..', import.meta.url) });
  const names = files.flatMap((file) => {
    const code = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    return Array.from(
      code.matchAll(/\b[cC]onfig\.(?:int|bool|list|string|text)\('([\w.]+)'\)/g),
      ([, name]) => name ?? '',
    );
  });
  assert(names.includes('transaction.state.log.segment.bytes'));
  const inert = names.filter((name) => BROKER_SETTINGS.get(name)?.inert === true);
  assert.deepEqual(inert, []);
});
