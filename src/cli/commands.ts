/** The table of commands: name, one line, and the file that has the rest, which is loaded when it is called for. */
import type { CommandModule } from './context.ts';

export interface CommandEntry {
  readonly name: string;
  /** For the list of commands. */
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'topics',
    summary: 'List, create, describe, alter and delete topics.',
    load: () => import('./commands/topics.ts'),
  },
  {
    name: 'produce',
    summary: 'Write lines, of standard input or files, as records.',
    load: () => import('./commands/produce.ts'),
  },
  { name: 'consume', summary: 'Print records of topics.', load: () => import('./commands/consume.ts') },
  {
    name: 'groups',
    summary: 'List groups of consumers, show their lag, reset their offsets, delete them.',
    load: () => import('./commands/groups.ts'),
  },
  {
    name: 'configs',
    summary: 'Show, set and unset configs of topics, brokers and groups.',
    load: () => import('./commands/configs.ts'),
  },
  { name: 'export', summary: 'Write whole topics into a file.', load: () => import('./commands/export.ts') },
  { name: 'import', summary: 'Make the topics of an export again.', load: () => import('./commands/import.ts') },
  { name: 'cluster', summary: 'Show the brokers of a cluster.', load: () => import('./commands/cluster.ts') },
  {
    name: 'doctor',
    summary: 'Find what in this environment, or of a cluster, will hurt, and how to mend it.',
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'settings',
    summary: 'Tell what a setting means; without a name, print the reference of all (Markdown).',
    load: () => import('./commands/settings.ts'),
  },
  {
    name: 'catalog',
    summary: 'Make a damaged catalog of a data directory anew.',
    load: () => import('./commands/catalog.ts'),
  },
  {
    name: 'wal',
    summary: 'Look at the files of a data directory, check and repair them.',
    load: () => import('./commands/wal.ts'),
  },
  {
    name: 'bench',
    summary: 'Measure Walka beside Apache Kafka and other brokers.',
    load: () => import('./commands/bench.ts'),
  },
  {
    name: 'completion',
    summary: 'Print what makes a shell complete the words of this program.',
    load: () => import('./commands/completion.ts'),
  },
  { name: 'version', summary: 'Show the version.', load: () => import('./commands/version.ts') },
];

/** Flags that stand before the command as well: those of all commands, and those that say which cluster is meant. */
const COMMON_FLAGS: ReadonlySet<string> = new Set(['--json', '--no-color']);
const CLUSTER_FLAGS: ReadonlySet<string> = new Set([
  '-b',
  '--bootstrap-server',
  '--command-config',
  '--client-config',
  '--command-property',
]);

/** A flag that stands before the command as well. */
export function isEarlyFlag(word: string): boolean {
  const [name = ''] = word.split('=', 1);
  return COMMON_FLAGS.has(word) || CLUSTER_FLAGS.has(name);
}

/** A command line from its command on, with the flags that stood before it behind it; empty where there is no command. */
export function commandFirst(argv: readonly string[]): readonly string[] {
  let at = 0;
  while (at < argv.length && isEarlyFlag(argv[at] ?? '')) at += CLUSTER_FLAGS.has(argv[at] ?? '') ? 2 : 1;
  const [command, ...words] = argv.slice(at);
  if (command === undefined) return [];
  return command === 'help' ? [command, ...words] : [command, ...argv.slice(0, at), ...words];
}

/** All words that begin a command line; any other is a settings file. */
export const COMMAND_NAMES: readonly string[] = ['run', 'help', ...COMMANDS.map(({ name }) => name)];
