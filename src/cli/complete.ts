/**
 * Answers a shell that completes a command line: `walka __complete -- words…`, the last word being the one that is
 * written. Prints candidates, each with a tab and what it means; nothing where files are to be completed.
 */
import type { Command, Option } from 'commander';
import { BROKER_FLAGS } from './args.ts';
import { commandFirst, COMMANDS } from './commands.ts';
import { type Candidate, valuesOf } from './complete-values.ts';
import { ExitCode } from './exit-codes.ts';
import { buildProgram, processContext } from './program.ts';

/** Where a command line stands before the word that is written. */
interface Place {
  readonly command: Command;
  /** The flag whose value comes next. */
  readonly flag: Option | null;
  /** Arguments of the command so far. */
  readonly args: readonly string[];
}

function optionsOf(command: Command): Option[] {
  const own = [...command.options];
  return command.parent === null ? own : [...own, ...optionsOf(command.parent)];
}

function placeOf(program: Command, words: readonly string[]): Place {
  let command = program;
  let flag: Option | null = null;
  const args: string[] = [];
  for (const word of words) {
    if (flag !== null) {
      flag = null;
    } else if (word.startsWith('-')) {
      const option = optionsOf(command).find(({ long, short }) => word === long || word === short);
      flag = option !== undefined && (option.required || option.optional) ? option : null;
    } else {
      const next = command.commands.find((candidate) => candidate.name() === word);
      if (next === undefined) args.push(word);
      else command = next;
    }
  }
  return { command, flag, args };
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
  const { command, flag, args } = placeOf(program, before);
  if (flag !== null) return valuesOf({ of: flag, name: flag.attributeName(), command, args, words: before });
  if (written.startsWith('-')) return flagsOf(command);
  if (command.commands.length > 0) {
    return command.commands.map((one) => ({ word: one.name(), meaning: one.description() }));
  }
  const expected = command.registeredArguments;
  const argument = expected[args.length] ?? (expected.at(-1)?.variadic === true ? expected.at(-1) : undefined);
  if (argument === undefined) return [];
  return valuesOf({ of: argument, name: argument.name(), command, args, words: before });
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
