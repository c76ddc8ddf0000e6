/** `walka catalog`: looks after the catalog of a data directory whose broker does not run. */
import { silentLogger } from '../base/logger.ts';
import { systemRandom } from '../base/random.ts';
import { ConfigError } from '../config/config-error.ts';
import { rebuildCatalog } from '../storage/catalog-rebuild/rebuild.ts';
import { type Flag, parseArguments } from './args.ts';
import { ExitCode } from './exit-codes.ts';
import { failureText } from './failures.ts';
import { flagLines } from './help.ts';

const FLAGS: readonly Flag[] = [
  { name: 'data-dir', value: 'directory', doc: 'The data directory (default ./data).' },
  { name: 'help', value: null, doc: 'Show this.' },
];

const HELP = `walka catalog: the catalog of a data directory (topics, settings), while no broker runs on it

  walka catalog rebuild    Make catalog.db anew from the journal, which keeps a copy of it. The old file is kept
                           as catalog.db.broken. Partitions that nothing names become topics recovered-…

${flagLines(FLAGS)}
`;

function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}

async function rebuild(dataDir: string): Promise<number> {
  try {
    const { topicCount, recovered, aside } = await rebuildCatalog({
      dataDir,
      logger: silentLogger,
      random: systemRandom,
    });
    process.stdout.write(`catalog.db is made anew from the journal: ${count(topicCount, 'topic')}\n`);
    if (aside.length > 0) process.stdout.write(`the old one is kept: ${aside.join(', ')}\n`);
    if (recovered.length > 0) process.stdout.write(`without a name until now: ${recovered.join(', ')}\n`);
    return ExitCode.OK;
  } catch (error) {
    const text = failureText(error);
    if (text === null) throw error;
    process.stderr.write(`walka: ${text}\n`);
    return ExitCode.CANNOT_START;
  }
}

/** Runs the command; gives the exit code. @throws ConfigError for a command line that is wrong */
export async function catalog(argv: readonly string[]): Promise<number> {
  const { positionals, flags } = parseArguments(argv, FLAGS);
  const [name = 'help', unexpected] = positionals;
  if (flags.has('help') || name === 'help') {
    process.stdout.write(HELP);
    return ExitCode.OK;
  }
  if (name !== 'rebuild') throw new ConfigError(`catalog: unknown command ${name}; there is rebuild`);
  if (unexpected !== undefined) throw new ConfigError(`catalog rebuild: unexpected argument ${unexpected}`);
  return rebuild(flags.get('data-dir')?.[0] ?? './data');
}
