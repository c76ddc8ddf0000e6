/** The command line's entry: chooses the command, turns errors into one line and an exit code. */
import { ConfigError } from '../config/config-error.ts';
import { ExitCode } from './exit-codes.ts';
import { HELP } from './help.ts';
import { run } from './run.ts';
import type { StartBroker } from './running-broker.ts';

async function command(argv: readonly string[], version: string, start: StartBroker): Promise<number> {
  switch (argv[0]) {
    case 'topics': {
      const { topics } = await import('./topics.ts');
      return topics(argv.slice(1));
    }
    case 'catalog': {
      const { catalog } = await import('./catalog.ts');
      return catalog(argv.slice(1));
    }
    case 'wal': {
      const { wal } = await import('./wal.ts');
      return wal(argv.slice(1));
    }
    case 'settings': {
      const { settingsReference } = await import('./settings-reference.ts');
      process.stdout.write(settingsReference());
      return ExitCode.OK;
    }
    case 'help':
    case '--help':
    case '-h':
      process.stdout.write(HELP);
      return ExitCode.OK;
    case 'version':
    case '--version':
      process.stdout.write(`walka ${version}\n`);
      return ExitCode.OK;
    case 'run':
      return command(argv.slice(1), version, start);
    default:
      if (argv.includes('--help') || argv.includes('-h')) return command(['help'], version, start);
      if (argv.includes('--version')) return command(['version'], version, start);
      return run(argv, version, start);
  }
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
