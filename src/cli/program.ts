/** The commands, by commander: builds them, runs the one that is called for, and words what is wrong with its flags. */
import type { Command, CommanderError } from 'commander';
import { systemClock } from '../base/clock.ts';
import { ConfigError } from '../config/config-error.ts';
import { didYouMean } from '../config/nearest.ts';
import { COMMAND_NAMES, commandFirst, COMMANDS } from './commands.ts';
import type { CommandContext } from './context.ts';
import { ExitCode } from './exit-codes.ts';
import { refuseSecondValues } from './flags.ts';
import { HELP_AFTER, HELP_USAGE } from './help.ts';
import { Output } from './output.ts';

/** All commands; the one of that name with all it has, others by name and line only. */
export async function buildProgram(context: CommandContext, loadedName: string | undefined): Promise<Command> {
  const { Command } = await import('commander');
  const { output } = context;
  const program = new Command('walka')
    .description('A Kafka broker on one shared write-ahead log, and tools for any Kafka broker.')
    .usage(HELP_USAGE)
    .option('--json', 'JSON instead of lines for people: one object a line.')
    .option('--no-color', 'No colours on a terminal either (nor with NO_COLOR set).')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void process.stdout.write(text),
      // Help that was not asked for; what is wrong comes as an exception.
      writeErr: (text) => void process.stdout.write(text),
      outputError: () => undefined,
    })
    .configureHelp({ showGlobalOptions: true, styleTitle: (title) => output.style('bold', title) })
    .hook('preAction', (_, action) => output.configure(action.optsWithGlobals()))
    .addHelpText('after', `\n${HELP_AFTER}`);
  for (const { name, summary, load } of COMMANDS) {
    const command = program.command(name).description(summary).allowExcessArguments(false);
    if (name === loadedName) (await load()).define(command, context);
  }
  return program;
}

/** The command that the arguments name, in spite of flags between the words: `topics create`. */
function commandOf(program: Command, argv: readonly string[]): Command {
  let at = program;
  for (const word of argv) at = at.commands.find((command) => command.name() === word) ?? at;
  return at;
}

/** `topics create` */
function pathOf(command: Command): string {
  return command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trimStart();
}

/** What is wrong with a command line, in one line. */
function usageText({ code, message }: CommanderError, command: Command): string {
  const text = message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (?:one of )?(.*)\?\)$/, '; did you mean $1?')
    .replace(/too many arguments for .* Expected (\d+) .* got \d+: (.*)\.$/, (_, expected: string, given: string) => {
      return `unexpected argument ${given.split(', ').slice(Number(expected)).join(', ')}`;
    })
    .replace(/'(--?[^' ]+)[^']*'/g, '$1')
    .replaceAll(/\s*\n\s*/g, ' ');
  const path = pathOf(command);
  if (code !== 'commander.unknownCommand') return `${path}: ${text}`;
  const names = command.commands.map((one) => one.name()).join(', ');
  return `${path}: ${text.replaceAll("'", '')}${text.endsWith('?') ? '' : `; there is ${names}`}`;
}

/** A reader that has seen enough, such as head, ends the program without a word; other failures are told. */
function watchOutput(): void {
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') process.stderr.write(`walka: cannot write: ${message}\n`);
    process.exit(code === 'EPIPE' ? ExitCode.OK : ExitCode.USAGE);
  });
  process.stderr.on('error', () => undefined);
}

/** Runs a command; gives the exit code. @throws ConfigError for a command line that is wrong */
export async function execute(argv: readonly string[], context: CommandContext): Promise<number> {
  const { output } = context;
  const words = commandFirst(argv);
  const [word, asked] = words;
  if (word === 'help' && asked !== undefined && !asked.startsWith('-') && !COMMAND_NAMES.includes(asked)) {
    throw new ConfigError(`help: there is no command ${asked}${didYouMean(asked, COMMAND_NAMES)}`);
  }
  const program = await buildProgram(context, word === 'help' ? asked : word);
  refuseSecondValues(program);
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    const { CommanderError } = await import('commander');
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0 && error.code !== 'commander.help') {
      throw new ConfigError(usageText(error, commandOf(program, words)));
    }
  }
  await output.end();
  return output.hasFailed && context.exitCode === ExitCode.OK ? ExitCode.USAGE : context.exitCode;
}

/** What commands are given when they are run by this process. */
export function processContext(version: string): CommandContext {
  const output = new Output(process.stdout, process.stderr, process.env);
  return { version, env: process.env, clock: systemClock, input: process.stdin, output, exitCode: ExitCode.OK };
}

/** How long a command that is ended may take for what it still does, in ms. */
const LAST_WORK_MS = 1000;

/** Ends the program, once the command has done what it still does; the same signal again ends it at once. */
function endWith(code: number, context: CommandContext): void {
  const { atInterrupt, clock } = context;
  const exit = (): void => process.exit(code);
  if (atInterrupt === undefined) return exit();
  context.exitCode = code; // where the command ends before that
  clock.setTimer(LAST_WORK_MS, exit);
  void atInterrupt().finally(exit);
}

/** Runs a command of this process; gives the exit code. @throws ConfigError for a command line that is wrong */
export function runProgram(argv: readonly string[], version: string): Promise<number> {
  watchOutput();
  const context = processContext(version);
  process.once('SIGINT', () => endWith(ExitCode.INTERRUPTED, context));
  process.once('SIGTERM', () => endWith(ExitCode.TERMINATED, context));
  return execute(argv, context);
}
