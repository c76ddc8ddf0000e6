/** Topics that images create at their start: `name:partitions:replicas:cleanup.policy`, as wurstmeister/kafka has it. */
import { ConfigError } from '../config-error.ts';
import { firstOf, type Environment } from './given.ts';

export interface AskedTopic {
  readonly name: string;
  /** Undefined: num.partitions. */
  readonly partitions?: number;
  /** Overrides by Kafka's names. */
  readonly configs: Readonly<Record<string, string>>;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\n': '\n', '\\t': '\t', '\\r': '\r' };

/** Characters of which each ends a topic; `$'\n'` is how a shell writes a line's end. */
function separators(env: Environment): string {
  const text = env['KAFKA_CREATE_TOPICS_SEPARATOR'] || ',';
  const inner = /^\$?'(.*)'$/s.exec(text)?.[1] ?? text;
  return inner.replace(/\\[ntr]/g, (escape) => ESCAPES[escape] ?? escape);
}

/** What stands behind the third colon: a policy, then perhaps `--config key=value`, which the image hands to its tool. */
function configsOf(text: string, wrong: (why: string) => ConfigError): Record<string, string> {
  const configs: Record<string, string> = {};
  const [policy = '', ...words] = text.trim().split(/\s+/);
  if (policy !== '') configs['cleanup.policy'] = policy;
  const options = words.join(' ').replace(/--config /g, '--config=');
  for (const option of options === '' ? [] : options.split(' ')) {
    const [, key, value] = /^--config=([^=]+)=(.*)$/.exec(option) ?? [];
    if (key === undefined || value === undefined) throw wrong(`"${option}" is not --config=key=value`);
    configs[key] = value;
  }
  return configs;
}

function topicOf(text: string, variable: string): AskedTopic {
  const wrong = (why: string): ConfigError => new ConfigError(`${variable}: ${text}: ${why}`);
  const [name = '', partitions = '', replicas = '', ...rest] = text.split(':');
  if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name)) throw wrong(`"${name}" cannot be the name of a topic`);
  for (const number of [partitions, replicas]) {
    if (!/^(?:[1-9]\d{0,5})?$/.test(number.trim()))
      throw wrong(`"${number}" is not a number (name:partitions:replicas)`);
  }
  if (Number(replicas) > 1) {
    throw wrong(`there is one broker, and so one replica: write ${[name, partitions, '1', ...rest].join(':')}`);
  }
  const configs = configsOf(rest.join(':'), wrong);
  return partitions.trim() === '' ? { name, configs } : { name, partitions: Number(partitions), configs };
}

/** @throws ConfigError for what is no topic, for more than one replica, and for a topic that is named twice */
export function topicsToCreate(env: Environment, inImage: boolean): AskedTopic[] {
  const asked = firstOf(env, ['KAFKA_CREATE_TOPICS', ...(inImage ? ['CREATE_TOPICS'] : [])]);
  if (asked === null) return [];
  const { variable, value } = asked;
  const ends = new Set(separators(env));
  const parts = [...value].reduce<string[]>(
    (texts, character) =>
      ends.has(character) ? [...texts, ''] : [...texts.slice(0, -1), `${texts.at(-1)}${character}`],
    [''],
  );
  const topics = parts.flatMap((part) => (part.trim() === '' ? [] : [topicOf(part.trim(), variable)]));
  const twice = topics.find(({ name }, at) => topics.findIndex((topic) => topic.name === name) < at);
  if (twice !== undefined) throw new ConfigError(`${variable}: ${twice.name} is named twice`);
  return topics;
}
