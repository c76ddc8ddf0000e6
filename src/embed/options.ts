/** The options of `startBroker`: checked one by one, so that what is wrong is said in one line. */
import type { TopicSpec } from '../cli/topic-spec.ts';
import { oneDirectory } from '../config/broker-config.ts';
import { brokerSetting } from '../config/broker-settings.ts';
import { ConfigError } from '../config/config-error.ts';
import { didYouMean } from '../config/nearest.ts';
import { shown } from './arguments.ts';
import { isLog, type LogOption } from './log.ts';

export interface StartBrokerOptions {
  /** Topics to create: names, or names with partitions and settings. Other topics are created when first used. */
  readonly topics?: readonly (string | TopicSpec)[] | undefined;
  /** Port on `host`; 0, the default, takes a free one. */
  readonly port?: number | undefined;
  /** Address to listen on, default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Directory for data. Without it everything is kept in memory and gone after `close`. */
  readonly dataDir?: string | undefined;
  /**
   * A data directory to begin with, as `broker.snapshot` makes it: topics, records, groups, all of it. It is copied (to
   * `dataDir`, which must be new or empty, or to a temporary directory that goes with the broker), so that many may begin
   * with the same.
   */
  readonly from?: string | undefined;
  /** Settings by Kafka's names (docs/settings.md), such as `{ 'message.max.bytes': 2_000_000 }`. */
  readonly config?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** What the broker logs, and where to: a level (to standard output), `console`, or a logger of pino. Default: nothing. */
  readonly log?: LogOption | undefined;
  /** True: the broker does not keep the process alive. Default false. */
  readonly unref?: boolean | undefined;
}

/** What an option must be: `is` and, for the error, how that is said. */
interface Rule {
  readonly is: (value: unknown) => boolean;
  readonly text: string;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

/** All options, so that a misspelt one is told of: who writes JavaScript has no compiler that does. */
const OPTIONS: Readonly<Record<keyof StartBrokerOptions, Rule>> = {
  topics: { is: Array.isArray, text: 'a list of names or of { name, partitions, configs }' },
  port: {
    is: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535,
    text: 'a whole number from 0 to 65535',
  },
  host: { is: isText, text: 'a name or address' },
  dataDir: { is: isText, text: 'the path of a directory' },
  from: { is: isText, text: 'the path of a directory' },
  config: { is: isObject, text: 'an object of settings' },
  log: { is: isLog, text: "'debug', 'info', 'warn', 'error', 'silent', a console or a logger of pino" },
  unref: { is: (value) => typeof value === 'boolean', text: 'true or false' },
};

const TOPIC_OPTIONS: Readonly<Record<keyof TopicSpec, Rule>> = {
  name: { is: isText, text: 'text' },
  partitions: {
    is: (value) => Number.isInteger(value) && (value as number) >= 1,
    text: 'a whole number from 1 on',
  },
  configs: { is: isObject, text: 'an object of settings' },
};

/** @throws ConfigError for a name that is none, and for a value that is wrong */
function checkObject(value: object, rules: Readonly<Record<string, Rule>>, what: string, ofWhat: string): void {
  for (const [name, given] of Object.entries(value)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      const isSetting = ofWhat === '' && brokerSetting(name) !== undefined;
      const hint = isSetting ? '; settings are given as config' : didYouMean(name, Object.keys(rules));
      throw new ConfigError(`${what}: unknown option ${name}${ofWhat}${hint}`);
    }
    if (given !== undefined && !rule.is(given)) {
      throw new ConfigError(`${what}: ${name}${ofWhat} must be ${rule.text}, not ${shown(given)}`);
    }
  }
}

/** @throws ConfigError for an option that is none or wrong, of the broker or of a topic */
export function checkOptions(options: unknown): asserts options is StartBrokerOptions {
  if (!isObject(options)) throw new ConfigError(`startBroker: takes an object of options, not ${shown(options)}`);
  checkObject(options as object, OPTIONS, 'startBroker', '');
  const { topics = [], config = {} } = options as StartBrokerOptions;
  for (const topic of topics) if (typeof topic !== 'string') checkTopic(topic, 'startBroker');
  for (const [name, value] of Object.entries(config)) {
    if (!isScalar(value)) {
      throw new ConfigError(`startBroker: config ${name} must be text, a number or a boolean, not ${shown(value)}`);
    }
  }
}

/** `what` names the function that was called. @throws ConfigError */
export function checkTopic(topic: unknown, what: string): asserts topic is TopicSpec {
  if (!isObject(topic))
    throw new ConfigError(`${what}: a topic is a name or { name, partitions, configs }, not ${shown(topic)}`);
  const { name, configs = {} } = topic as TopicSpec;
  if (name === undefined) throw new ConfigError(`${what}: a topic has no name`);
  checkObject(topic as object, TOPIC_OPTIONS, what, ` of topic ${String(name)}`);
  for (const [key, value] of Object.entries(configs)) {
    if (isScalar(value)) continue;
    throw new ConfigError(`${what}: ${key} of topic ${name} must be text, a number or a boolean, not ${shown(value)}`);
  }
}

/** What the options say as settings. @throws ConfigError where data would go elsewhere than they say */
export function settingsOf(options: StartBrokerOptions): Map<string, string> {
  const { host = '127.0.0.1', port = 0, dataDir, config = {} } = options;
  const bare = host.replace(/^\[|\]$/g, '');
  const values = new Map([['listeners', `PLAINTEXT://${bare.includes(':') ? `[${bare}]` : bare}:${port}`]]);
  if (dataDir === undefined) values.set('walka.durability', 'memory');
  else values.set('log.dirs', oneDirectory(dataDir, 'dataDir'));
  // The program around it shares this event loop.
  values.set('walka.gather.us', '0');
  values.set('walka.busy.poll.us', '0');
  // Who stops at a breakpoint, or moves the clock, keeps the connections.
  values.set('connections.max.idle.ms', '-1');
  for (const [name, value] of Object.entries(config)) values.set(name, String(value));
  const durability = values.get('walka.durability') ?? 'memory';
  if (durability !== 'memory' && !values.has('log.dirs') && !values.has('log.dir')) {
    throw new ConfigError(`walka.durability: ${durability} needs a dataDir; without one everything is kept in memory`);
  }
  return values;
}
