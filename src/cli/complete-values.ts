/** What a shell is offered for an argument, or for the value of a flag. */
import type { Argument, Command, Option } from 'commander';
import { systemClock } from '../base/clock.ts';
import { parseAddresses } from '../client/address.ts';
import { listGroups } from '../client/groups.ts';
import { KafkaClient } from '../client/kafka-client.ts';
import { BOOTSTRAP_VARIABLE, DEFAULT_BOOTSTRAP } from './cluster-access.ts';
import { wordsOf } from './flags.ts';
import { counted } from './text.ts';

export interface Candidate {
  readonly word: string;
  readonly meaning: string;
}

/** A value that is to be completed. */
export interface Place {
  readonly of: Argument | Option;
  /** Of the argument or flag. */
  readonly name: string;
  readonly command: Command;
  /** The command's arguments before it. */
  readonly args: readonly string[];
  /** The whole line before it. */
  readonly words: readonly string[];
}

const CONNECT_TIMEOUT_MS = 500;
const ANSWER_TIMEOUT_MS = 1000;

/** Where the words, or the environment, say that brokers are. */
function bootstrapOf(words: readonly string[]): string {
  const at = words.findIndex((word) => /^(-b|--bootstrap-server(=.*)?)$/.test(word));
  const [, attached] = words[at]?.split('=', 2) ?? [];
  const variable = process.env[BOOTSTRAP_VARIABLE];
  return (
    attached ??
    (at < 0 ? undefined : words[at + 1]) ??
    (variable === undefined || variable === '' ? DEFAULT_BOOTSTRAP : variable)
  );
}

/** Topics or groups of the cluster; none where it does not answer at once. */
async function clusterNames(what: 'topic' | 'group' | 'broker', words: readonly string[]): Promise<Candidate[]> {
  const bootstrap = parseAddresses(bootstrapOf(words));
  if (bootstrap === null) return [];
  try {
    const timeouts = { connectTimeoutMs: CONNECT_TIMEOUT_MS, requestTimeoutMs: ANSWER_TIMEOUT_MS, retryMs: 0 };
    using client = await KafkaClient.connect({ bootstrap, clock: systemClock, ...timeouts });
    if (what === 'group') {
      return (await listGroups(client)).map(({ groupId, type, state }) => ({
        word: groupId,
        meaning: `${type}, ${state}`,
      }));
    }
    const { brokers, topics } = await client.metadata(what === 'broker' ? [] : null);
    if (what === 'broker') {
      const all = { word: 'all', meaning: 'What holds for all brokers' };
      return [all, ...[...brokers].map(([id, { host, port }]) => ({ word: String(id), meaning: `${host}:${port}` }))];
    }
    return topics.map(({ name, partitions }) => ({ word: name, meaning: counted(partitions.length, 'partition') }));
  } catch {
    // Nothing is completed; the command itself tells what is wrong.
    return [];
  }
}

/** Settings by name; `end` is what a name is followed by. */
async function settingNames(of: string, end: string): Promise<Candidate[]> {
  const { BROKER_SETTINGS } = await import('../config/broker-settings.ts');
  const { TOPIC_SETTINGS } = await import('../config/topic-settings.ts');
  const { GROUP_SETTINGS } = await import('../config/group-settings.ts');
  const tables = new Map([
    ['broker', BROKER_SETTINGS],
    ['topic', TOPIC_SETTINGS],
    ['group', GROUP_SETTINGS],
  ]);
  return [...(tables.get(of)?.values() ?? [])].map(({ name, doc }) => ({ word: `${name}${end}`, meaning: doc }));
}

/** Its fixed words, or what `walka` knows under its name. */
export async function valuesOf({ of, name, command, args, words }: Place): Promise<Candidate[]> {
  const fixed = wordsOf(of.parseArg);
  if (fixed !== undefined) return fixed.map((word) => ({ word, meaning: '' }));
  const [type = ''] = args;
  const isOfConfigs = command.parent?.name() === 'configs';
  switch (name) {
    case 'topic':
    case 'group':
      return clusterNames(name, words);
    case 'name':
      return isOfConfigs && (type === 'topic' || type === 'group' || type === 'broker')
        ? clusterNames(type, words)
        : [];
    case 'key=value':
      return settingNames(type, '=');
    case 'key':
      return isOfConfigs ? settingNames(type, '') : [];
    case 'setting':
      return settingNames('broker', '');
    case 'set':
    case 'config':
      return settingNames('topic', '=');
    case 'unset':
      return settingNames('topic', '');
    case 'override':
      return settingNames('broker', '=');
    default:
      return [];
  }
}
