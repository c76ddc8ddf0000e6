/** What `--help` shows. */
import { BROKER_FLAGS, type Flag } from './args.ts';

const WIDTH = 38;

export function flagLines(flags: readonly Flag[]): string {
  return flags
    .map(({ name, value, repeatable, doc }) => {
      const left = `  --${name}${value === null ? '' : ` ${value}`}`;
      const right = repeatable === true ? `${doc} May be given several times.` : doc;
      return left.length < WIDTH ? `${left.padEnd(WIDTH)}${right}` : `${left}\n${' '.repeat(WIDTH)}${right}`;
    })
    .join('\n');
}

export const HELP = `walka: a Kafka broker on one shared write-ahead log

  walka [settings file] [flags]         Run a broker.
  walka topics list|create|delete|describe …
                                        Topics of a running broker; see walka topics --help.
  walka catalog rebuild                 Make a damaged catalog anew; see walka catalog --help.
  walka wal inspect|verify|dump|repair  Look at the files of a data directory; see walka wal --help.
  walka settings                        Print the reference of all settings (Markdown).

${flagLines(BROKER_FLAGS)}

Settings carry Kafka's names. A settings file is a Java properties file; environment variables are KAFKA_ and the
setting in capitals with _ for each dot (KAFKA_LOG_RETENTION_HOURS), or WALKA_ for Walka's own (WALKA_DURABILITY).
Flags win over the environment, the environment over the file.
`;
