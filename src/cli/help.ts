/** The part of `--help` that is about the broker; the rest is made from the commands. */
import { BROKER_FLAGS, type Flag } from './args.ts';

const WIDTH = 38;

function flagLines(flags: readonly Flag[]): string {
  return flags
    .map(({ name, value, repeatable, doc }) => {
      const left = `  --${name}${value === null ? '' : ` ${value}`}`;
      const right = repeatable === true ? `${doc} May be given several times.` : doc;
      return left.length < WIDTH ? `${left.padEnd(WIDTH)}${right}` : `${left}\n${' '.repeat(WIDTH)}${right}`;
    })
    .join('\n');
}

export const HELP_USAGE = `[settings file] [flags]    run a broker
       walka <command> [arguments]      everything else; walka <command> --help shows its flags`;

export const HELP_AFTER = `Flags of the broker:
${flagLines(BROKER_FLAGS)}

Settings carry Kafka's names. A settings file is a Java properties file; environment variables are KAFKA_ and the
setting in capitals with _ for each dot (KAFKA_LOG_RETENTION_HOURS), or WALKA_ for Walka's own (WALKA_DURABILITY).
Flags win over the environment, the environment over the file. walka settings NAME tells about a setting.

Exit codes: 0 done; 1 wrong flags or settings, or something was refused, not found or not answered; 2 the broker cannot
start; 3 its journal failed; 4 wal verify found damage, doctor problems; 130 ended by Ctrl-C.
`;
