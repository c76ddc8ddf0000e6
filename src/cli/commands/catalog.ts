/** `walka catalog`: looks after the catalog of a data directory whose broker does not run. */
import type { Command } from 'commander';
import { silentLogger } from '../../base/logger.ts';
import { systemRandom } from '../../base/random.ts';
import { rebuildCatalog } from '../../storage/catalog-rebuild/rebuild.ts';
import type { CommandContext } from '../context.ts';
import { ExitCode } from '../exit-codes.ts';
import { failureText } from '../failures.ts';
import type { Output } from '../output.ts';
import { counted } from '../text.ts';

async function rebuild(dataDir: string, output: Output): Promise<number> {
  try {
    const rebuilt = await rebuildCatalog({ dataDir, logger: silentLogger, random: systemRandom });
    if (output.isJson) await output.json(rebuilt);
    else {
      const { topicCount, recovered, aside } = rebuilt;
      await output.line(`catalog.db is made anew from the journal: ${counted(topicCount, 'topic')}`);
      if (aside.length > 0) await output.line(`the old one is kept: ${aside.join(', ')}`);
      if (recovered.length > 0) await output.line(`without a name until now: ${recovered.join(', ')}`);
    }
    return ExitCode.OK;
  } catch (error) {
    const text = failureText(error);
    if (text === null) throw error;
    output.warn(text);
    return ExitCode.CANNOT_START;
  }
}

export function define(catalog: Command, context: CommandContext): void {
  catalog.description('The catalog of a data directory (topics, settings), while no broker runs on it.');
  catalog
    .command('rebuild')
    .description(
      'Make catalog.db anew from the journal, which keeps a copy of it. The old file is kept as catalog.db.broken. ' +
        'Partitions that nothing names become topics recovered-…',
    )
    .option('--data-dir <directory>', 'The data directory.', './data')
    .action(async ({ dataDir }: { dataDir: string }) => {
      context.exitCode = await rebuild(dataDir, context.output);
    });
}
