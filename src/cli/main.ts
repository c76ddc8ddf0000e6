/** The command line's entry: chooses between the broker and a command, turns errors into one line and an exit code. */
import { ConfigError } from '../config/config-error.ts';
import { COMMAND_NAMES, commandFirst, isEarlyFlag } from './commands.ts';
import { ExitCode } from './exit-codes.ts';
import { run } from './run.ts';
import type { StartBroker } from './running-broker.ts';

/** What a shell asks for completions with; see `completion.ts`. */
const COMPLETE = '__complete';

/** The library for flags and help is loaded for commands only: the broker's start does without. */
async function command(argv: readonly string[], version: string, start: StartBroker): Promise<number> {
  const [word = '', ...words] = commandFirst(argv);
  if (argv[0] === COMPLETE) {
    const { complete } = await import('./complete.ts');
    return complete(argv.slice(1), version);
  }
  if (word !== 'run' && COMMAND_NAMES.includes(word)) {
    const { runProgram } = await import('./program.ts');
    return runProgram(argv, version);
  }
  const args = word === 'run' ? words : argv;
  if (args.includes('--help') || args.includes('-h')) return command(['help'], version, start);
  if (args.includes('--version')) return command(['version'], version, start);
  const [first = ''] = args;
  if (isEarlyFlag(first)) {
    throw new ConfigError(`unknown flag ${first.split('=', 1)[0]}: it goes with a command, such as topics list`);
  }
  return run(args, version, start);
}

/** Runs the command line; gives the exit code. */
export async function main(argv: readonly string[], version: string, start: StartBroker): Promise<number> {
  try {
    return await command(argv, version, start);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`walka: ${error.message}\n`);
    return ExitCode.USAGE;
  }
}
