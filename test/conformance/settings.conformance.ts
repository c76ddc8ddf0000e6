/** Every setting with odd values, as Kafka's own tables of settings parse, check and print them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BROKER_SETTINGS } from '../../src/config/broker-settings.ts';
import { CLIENT_METRICS_SETTINGS } from '../../src/config/group-settings.ts';
import type { Setting } from '../../src/config/setting.ts';
import { TOPIC_SETTINGS } from '../../src/config/topic-settings.ts';
import { canonicalText } from '../../src/config/value.ts';
import { missing } from './client-suite.ts';
import { askKafka, kafkaNeeds, type Question } from './settings-oracle.ts';

const TABLES: Readonly<Record<string, ReadonlyMap<string, Setting>>> = {
  broker: BROKER_SETTINGS,
  topic: TOPIC_SETTINGS,
  metrics: CLIENT_METRICS_SETTINGS,
};

const NUMBERS = (
  '0|1|2|-1|-2|+5|05| 5 |1.0|0.3|.5|5.|.|1d|1f|1e1|0x1|0x1p-1|0x1.8p3D|NaN|-NaN|Infinity|-Infinity|infinity|0.001|' +
  '0.0009|1e-5|1e400|4.9e-324|1000000|9999999|10000000|12345678|32768|2147483647|2147483648|-2147483649|' +
  '9223372036854775807|9223372036854775808'
).split('|');
const TEXTS = (
  '| |,| ,|a|a,|a,b|a,a| a , b |a,,b|a\u00a0|\u2003a|x\ny|*|*,0:1|null|true|TRUE| true |yes|none|required|REQUIRED|' +
  'PLAINTEXT|gzip,gzip|consumer,consumer|delete|Delete|delete,delete|delete , delete|compact,delete|delete,shrink|' +
  '0:1|0:1,0:1|1:2,3:4'
).split('|');

/** Settings that have bounds of their own here. */
const DIFFERENT: ReadonlyMap<string, string> = new Map([
  ['log.cleaner.threads', 'Kafka allows no threads at a start and none of what follows from that'],
  ['log.roll.jitter.ms', 'Kafka bounds it in another place, with another text'],
  ['log.roll.ms', 'Kafka bounds it in another place, with another text'],
  ['max.connections.per.ip.overrides', 'Kafka looks at it when all settings are known'],
  ['controller.quorum.bootstrap.servers', 'is accepted and not used'],
  ['controller.quorum.voters', 'is accepted and not used'],
  ['interval.ms', 'Kafka bounds it in another place, with another text'],
  ['match', 'Kafka looks at it in another place, with another text'],
  ['leader.replication.throttled.rate', 'Kafka knows it at run time only'],
  ['follower.replication.throttled.rate', 'Kafka knows it at run time only'],
  ['replica.alter.log.dirs.io.max.bytes.per.second', 'Kafka knows it at run time only'],
]);

function isCompared({ name, type, foreign }: Setting): boolean {
  if (foreign || name.startsWith('walka.')) return false;
  // A class need not be there, and a password is shown to nobody.
  return !DIFFERENT.has(name) && type !== 'class' && type !== 'password';
}

function valuesFor({ defaultValue, min, max, values }: Setting): Set<string> {
  const bounds = [min, max].flatMap((bound) => (bound === undefined ? [] : [bound - 1, bound, bound + 1]));
  const allowed = (values ?? []).flatMap((value) => [value, value.toUpperCase(), `${value},${value}`]);
  return new Set([...NUMBERS, ...TEXTS, defaultValue ?? '', ...bounds.map(String), ...allowed]);
}

function ours({ setting, value }: { readonly setting: Setting; readonly value: string }): string {
  try {
    return `ok ${canonicalText(setting, value)}`;
  } catch (error) {
    return `no ${error instanceof Error ? error.message : error}`;
  }
}

/** Without the reason, for settings whose rule has words of its own. */
function sentence(answer: string | undefined): string | undefined {
  return answer?.replace(/(?<= for configuration [\w.]+): .*/, '');
}

test('every setting takes, refuses and prints odd values as Kafka does', { skip: missing(kafkaNeeds) }, async () => {
  const asked = Object.entries(TABLES).flatMap(([kind, table]) =>
    [...table.values()]
      .filter(isCompared)
      .flatMap((setting) => [...valuesFor(setting)].map((value) => ({ kind, setting, value }))),
  );
  const answers = await askKafka(asked.map(({ kind, setting, value }): Question => [kind, setting.name, value]));
  const wrong = asked.flatMap((question, at) => {
    // Kafka leaves a hole in the sentence where a value is empty.
    const theirs = answers[at]?.replace(/^no Invalid value {1,3}for /, "no Invalid value '' for ");
    const mine = ours(question);
    const same = question.setting.check === undefined ? mine === theirs : sentence(mine) === sentence(theirs);
    return same ? [] : [`${question.setting.name}=${question.value}\n    Walka ${mine}\n    Kafka ${theirs}`];
  });
  assert.equal(wrong.length, 0, `\n  ${wrong.slice(0, 20).join('\n  ')}`);
  assert(asked.length > 20_000, 'the tables are not what they were');
});
