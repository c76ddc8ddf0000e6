/** `walka bench`: Walka beside other brokers, on this machine. */
import { tmpdir } from 'node:os';
import type { Command } from 'commander';
import { bench, type BenchOptions } from '../../../bench/command.ts';
import { WORKLOAD_NAMES } from '../../../bench/workloads/index.ts';
import { ConfigError } from '../../config/config-error.ts';
import type { CommandContext } from '../context.ts';
import { repeated } from '../flags.ts';

const AFTER = `
Workloads: ${WORKLOAD_NAMES.join(', ')}.

Kafka needs Java and its jars, some workloads need librdkafka, Go, Kafka's Java clients or openssl: in a checkout of the
repository test/conformance/install.sh brings them. What cannot run is named in the report, the rest runs. Ctrl-C
ends everything and removes what was written.`;

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      'Put Walka, Apache Kafka where it is installed and any other broker through the same workloads, round after round, ' +
        'and report medians with their spread.',
    )
    .option('--quick', 'Two minutes: one round, small sizes.')
    .option('--rounds <number>', 'Median of so many rounds (3, or 1 with --quick).')
    .option('--only <workload>', 'This workload. May be given several times.', repeated)
    .option('--without <workload>', 'All but this workload. May be given several times.', repeated)
    .option('--target <name=host:port>', 'A broker that runs already. May be given several times.', repeated)
    .option('--walka <name=program>', 'Another build of Walka: its main file. May be given several times.', repeated)
    .option('--without-kafka', 'Leave Apache Kafka out.')
    .option('--override <name=value>', 'A setting for Walka. May be given several times.', repeated)
    .option('--directory <directory>', 'Where the brokers keep their data.', tmpdir())
    .option('--out <directory>', 'Where report.html, report.md and results.json go.', 'walka-bench')
    .option('--docs <directory>', 'Renew the measured parts of the documentation in this folder, too.')
    .addOption(command.createOption('--size <size>').hideHelp())
    .addHelpText('after', AFTER)
    .action(async (options: BenchOptions) => {
      // Brokers and their load are processes of their own, begun from files.
      if (process.getBuiltinModule('node:sea').isSea()) {
        throw new ConfigError('bench is not in the single executable: it needs the package and Node');
      }
      context.exitCode = await bench({ ...options, isJson: context.output.isJson });
    });
}
