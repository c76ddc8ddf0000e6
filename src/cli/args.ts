/** The command line: one table of flags, from which parsing, errors and help are made. */
import { ConfigError } from '../config/config-error.ts';
import { didYouMean } from '../config/nearest.ts';

export interface Flag {
  readonly name: string;
  /** What follows the flag, or null for a flag that stands alone. */
  readonly value: string | null;
  readonly repeatable?: boolean;
  readonly doc: string;
}

/** Flags of the broker. */
export const BROKER_FLAGS: readonly Flag[] = [
  {
    name: 'listen',
    value: 'host:port',
    doc: 'Where clients connect (default 127.0.0.1:9092); port 0 takes a free one.',
  },
  { name: 'data-dir', value: 'directory', doc: 'Where data lives (default ./data); made if it is not there.' },
  { name: 'memory', value: null, doc: 'Keep everything in memory: nothing on disk, gone at the end.' },
  {
    name: 'topic',
    value: 'name:partitions[:key=value,…]',
    repeatable: true,
    doc: 'Create a topic at start unless it exists.',
  },
  {
    name: 'add-scram',
    value: 'SCRAM-SHA-256=[name=…,password=…]',
    repeatable: true,
    doc: 'Create a SCRAM user at start unless it exists; others of this machine can read it: WALKA_SCRAM_USERS is better.',
  },
  { name: 'override', value: 'key=value', repeatable: true, doc: 'A setting by its name, over file and environment.' },
  { name: 'metrics-port', value: 'port', doc: 'Serve Prometheus metrics at /metrics and health at /healthz.' },
  {
    name: 'feature',
    value: 'name=level',
    repeatable: true,
    doc: 'Level of a feature in a new data directory, as kafka-storage format takes it.',
  },
  { name: 'help', value: null, doc: 'Show this.' },
  { name: 'version', value: null, doc: 'Show the version.' },
];

export interface ParsedArguments {
  readonly positionals: readonly string[];
  /** Values by flag; a flag that stands alone has the value ''. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
}

/**
 * Takes a command line apart: `--flag value`, `--flag=value`, positionals; `--` ends the flags.
 * @throws ConfigError for flags that are unknown, repeated, or lack their value
 */
export function parseArguments(argv: readonly string[], known: readonly Flag[]): ParsedArguments {
  const positionals: string[] = [];
  const flags = new Map<string, string[]>();
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? '';
    if (argument === '--') {
      positionals.push(...argv.slice(at + 1));
      break;
    }
    if (!argument.startsWith('-') || argument === '-') {
      positionals.push(argument);
      continue;
    }
    const [, written = '', attached] = /^(--?[^=]*)(?:=([\s\S]*))?$/.exec(argument) ?? [];
    const name = written === '-h' ? 'help' : written.startsWith('--') ? written.slice(2) : '';
    const flag = known.find((candidate) => candidate.name === name);
    if (flag === undefined) {
      const names = known.map((candidate) => `--${candidate.name}`);
      throw new ConfigError(`unknown flag ${written}${didYouMean(written, names)}`);
    }
    if (flag.value === null && attached !== undefined) throw new ConfigError(`--${name} takes no value`);
    const value = flag.value === null ? '' : (attached ?? argv[++at]);
    if (value === undefined) throw new ConfigError(`--${name} needs a value: ${flag.value}`);
    const values = flags.get(name) ?? [];
    if (values.length > 0 && flag.repeatable !== true && flag.value !== null) {
      throw new ConfigError(`--${name} is given twice`);
    }
    flags.set(name, [...values, value]);
  }
  return { positionals, flags };
}

/** `key=value` taken apart. @throws ConfigError when there is no key or no `=` */
export function keyValue(text: string, flag: string, form = 'key=value'): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new ConfigError(`--${flag}: "${text}" is not ${form}`);
  return [text.slice(0, at).trim(), text.slice(at + 1)];
}

/** `host:port`; an IPv6 host may stand in brackets. @throws ConfigError */
export function hostPort(text: string, flag: string): { readonly host: string; readonly port: number } {
  const match = /^(\[[\w.:%-]*\]|[\w.:%*-]*):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) throw new ConfigError(`--${flag}: "${text}" is not host:port`);
  return { host: match[1] ?? '', port };
}
