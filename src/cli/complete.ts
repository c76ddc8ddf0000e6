/**
 * Answers a shell that completes a command line: `walka __complete -- words…`, the last word being the one that is
 * written. Prints candidates, each with a tab and what it means; nothing where files are to be completed.
 */
import type { Argument, Command, Option } from 'commander';
import { systemClock } from '../base/clock.ts';
import { parseAddresses } from '../client/address.ts';
import { listGroups } from '../client/groups.ts';
import { KafkaClient } from '../client/kafka-client.ts';
import { BROKER_FLAGS } from './args.ts';
import { BOOTSTRAP_VARIABLE, DEFAULT_BOOTSTRAP } from './cluster-access.ts';
import { commandFirst, COMMANDS } from './commands.ts';
import { ExitCode } from './exit-codes.ts';
import { buildProgram, processContext } from './program.ts';
import { counted } from './text.ts';

interface Candidate {
  readonly word: string;
  readonly meaning: string;
}

/** Where a command line stands before the word that is written. */
interface Place {
  readonly command: Command;
  /** The flag whose value comes next. */
  readonly flag: Option | null;
  /** Arguments of the command so far. */
  readonly argumentCount: number;
}

function optionsOf(command: Command): Option[] {
  const own = [...command.options];
  return command.parent === null ? own : [...own, ...optionsOf(command.parent)];
}

function placeOf(program: Command, words: readonly string[]): Place {
  let command = program;
  let flag: Option | null = null;
  let argumentCount = 0;
  for (const word of words) {
    if (flag !== null) {
      flag = null;
    } else if (word.startsWith('-')) {
      const option = optionsOf(command).find(({ long, short }) => word === long || word === short);
      flag = option !== undefined && (option.required || option.optional) ? option : null;
    } else {
      const next = command.commands.find((candidate) => candidate.name() === word);
      if (next === undefined) argumentCount += 1;
      else command = next;
    }
  }
  return { command, flag, argumentCount };
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
async function clusterNames(what: 'topic' | 'group', words: readonly string[]): Promise<Candidate[]> {
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
    const { topics } = await client.metadata(null);
    return topics.map(({ name, partitions }) => ({ word: name, meaning: counted(partitions.length, 'partition') }));
  } catch {
    // Nothing is completed; the command itself tells what is wrong.
    return [];
  }
}

/** What stands for an argument or the value of a flag: its choices, or what `walka` knows under its name. */
async function valuesOf(
  of: Argument | Option | undefined,
  name: string,
  words: readonly string[],
): Promise<Candidate[]> {
  if (of === undefined) return [];
  if (of.argChoices !== undefined) return of.argChoices.map((word) => ({ word, meaning: '' }));
  if (name === 'topic' || name === 'group') return clusterNames(name, words);
  if (name === 'setting') {
    const { BROKER_SETTINGS } = await import('../config/broker-settings.ts');
    return [...BROKER_SETTINGS.values()].map((setting) => ({ word: setting.name, meaning: setting.doc }));
  }
  return [];
}

function flagsOf(command: Command): Candidate[] {
  const flags = optionsOf(command).map(({ long, description }) => ({ word: long ?? '', meaning: description }));
  return [...flags, { word: '--help', meaning: 'Show what there is.' }];
}

function firstWords(): Candidate[] {
  const names = COMMANDS.map(({ name, summary }) => ({ word: name, meaning: summary }));
  return [{ word: 'run', meaning: 'Run a broker.' }, ...names, { word: 'help', meaning: 'Show what there is.' }];
}

async function candidates(words: readonly string[], version: string): Promise<Candidate[]> {
  const written = words.at(-1) ?? '';
  const before = commandFirst(words.slice(0, -1));
  const [name] = before;
  // The value of a flag before the command.
  if (name === undefined && words.length > 1 && commandFirst(words).length === 0) return [];
  if (name === undefined && !written.startsWith('-')) return firstWords();
  if (name === undefined || name === 'run' || name.startsWith('-')) {
    if (!written.startsWith('-')) return [];
    return BROKER_FLAGS.map((flag) => ({ word: `--${flag.name}`, meaning: flag.doc }));
  }
  const program = await buildProgram(processContext(version), name);
  if (name === 'help') return firstWords();
  const { command, flag, argumentCount } = placeOf(program, before);
  if (flag !== null) return valuesOf(flag, flag.attributeName(), before);
  if (written.startsWith('-')) return flagsOf(command);
  if (command.commands.length > 0) {
    return command.commands.map((one) => ({ word: one.name(), meaning: one.description() }));
  }
  const expected = command.registeredArguments;
  const argument = expected[argumentCount] ?? (expected.at(-1)?.variadic === true ? expected.at(-1) : undefined);
  return valuesOf(argument, argument?.name() ?? '', before);
}

/** Prints the candidates that go on with what is written; gives the exit code. */
export async function complete(argv: readonly string[], version: string): Promise<number> {
  const words = argv[0] === '--' ? argv.slice(1) : argv;
  const written = words.at(-1) ?? '';
  const found = (await candidates(words, version)).filter(({ word }) => word.startsWith(written));
  const lines = found.map(({ word, meaning }) => (meaning === '' ? word : `${word}\t${meaning.split('\n')[0]}`));
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return ExitCode.OK;
}
