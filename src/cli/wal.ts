/** `walka wal`: looks at the files of a data directory, of a broker or of `walka/wal`, and repairs its journal. */
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { ConfigError } from '../config/config-error.ts';
import { filesOf, inspectFile } from '../storage/inspect/directory.ts';
import { repairJournal, startProblem } from '../storage/inspect/repair.ts';
import type { DumpedEntry, FileReport } from '../storage/inspect/types.ts';
import { type Flag, parseArguments, type ParsedArguments } from './args.ts';
import { ExitCode } from './exit-codes.ts';
import { failureText } from './failures.ts';
import { flagLines } from './help.ts';
import { damageLine, entryJson, entryLine, reportLine } from './wal-text.ts';

const FLAGS: readonly Flag[] = [
  { name: 'data-dir', value: 'directory', doc: 'The data directory (default ./data).' },
  { name: 'json', value: null, doc: 'One JSON object a line.' },
  { name: 'stream', value: 'number', doc: 'dump: entries of this stream only.' },
  { name: 'from', value: 'offset', doc: 'dump: entries that end behind this offset.' },
  { name: 'to', value: 'offset', doc: 'dump: entries that begin before this offset.' },
  { name: 'payload', value: null, doc: 'dump: with their bytes (hexadecimal; base64 in JSON).' },
  { name: 'help', value: null, doc: 'Show this.' },
];

const HELP = `walka wal: the files of a data directory; without files all of it

  walka wal inspect [file …]   What each file is and holds.
  walka wal verify [file …]    Read everything, check every checksum, and whether a start would take the journal.
  walka wal dump [file …]      Print the entries of journal files and the batches of segments.
  walka wal repair             Cut a journal that a start refuses where its damage begins. What is cut off is kept
                               beside it as *.broken, and the catalog is made anew. Not while a broker runs.

${flagLines(FLAGS)}

All but repair change nothing, and may be used while a broker runs: what it is writing just then may look unfinished.
Exit codes: 0 all is well; 1 wrong arguments; 2 something cannot be read, is in use, or cannot be repaired; 4 verify
found damage.
`;

/** Where a command finds its files, and what it was asked. */
interface Asked {
  readonly dataDir: string;
  readonly paths: readonly string[];
  readonly isWhole: boolean;
  readonly isJson: boolean;
}

/** Writes to stdout, waiting where whoever reads it is slow. */
async function print(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}

function jsonOf(report: FileReport): string {
  return JSON.stringify(report);
}

async function inspect({ paths, isJson, dataDir }: Asked): Promise<number> {
  for (const path of paths) {
    const report = await inspectFile(path, null);
    if (report === null) continue;
    const lines = isJson
      ? [jsonOf(report)]
      : [reportLine(report, dataDir), ...report.damage.map((one) => `  ${damageLine(one, dataDir)}`)];
    await print(`${lines.join('\n')}\n`);
  }
  return ExitCode.OK;
}

async function verify({ paths, isJson, isWhole, dataDir }: Asked): Promise<number> {
  let files = 0;
  let bytes = 0;
  let damaged = 0;
  let isInUse = false;
  for (const path of paths) {
    const report = await inspectFile(path, null);
    if (report === null) continue;
    files += 1;
    bytes += report.byteLength;
    damaged += report.damage.length;
    isInUse ||= String(report.facts['state']).startsWith('in use');
    for (const one of report.damage) await print(`${isJson ? JSON.stringify(one) : damageLine(one, dataDir)}\n`);
  }
  // What is being written just now says nothing about a start.
  const problem =
    isWhole && !isInUse && paths.some((path) => path.endsWith('.wal')) ? await startProblem(dataDir) : null;
  const refused = problem === null ? null : problem.message;
  if (isJson) await print(`${JSON.stringify({ files, bytes, damaged, isInUse, startRefused: refused })}\n`);
  else {
    if (refused !== null) await print(`a start would be refused: ${refused}\n`);
    const use = isInUse ? ', in use' : '';
    await print(
      `${files} files, ${bytes} bytes${use}: ${damaged === 0 ? 'no damage' : `${damaged} places are damaged`}\n`,
    );
  }
  return damaged === 0 && refused === null ? ExitCode.OK : ExitCode.DAMAGED;
}

function numberFlag({ flags }: ParsedArguments, name: string): number | null {
  const text = flags.get(name)?.[0];
  if (text === undefined) return null;
  if (!/^-?\d{1,15}$/.test(text)) throw new ConfigError(`--${name}: "${text}" is not a whole number`);
  return Number(text);
}

async function dump({ paths, isJson, dataDir }: Asked, parsed: ParsedArguments): Promise<number> {
  const stream = numberFlag(parsed, 'stream');
  const from = numberFlag(parsed, 'from');
  const to = numberFlag(parsed, 'to');
  const hasPayload = parsed.flags.has('payload');
  const isAsked = (entry: DumpedEntry): boolean => {
    if (stream !== null && entry.stream !== stream) return false;
    const isBatch = entry.endOffset > entry.baseOffset;
    return (
      (from === null || (isBatch && entry.endOffset > from)) && (to === null || (isBatch && entry.baseOffset < to))
    );
  };
  for (const path of paths) {
    const report = await inspectFile(path, async (entries) => {
      const lines = entries
        .filter(isAsked)
        .map((entry) => (isJson ? entryJson(entry, hasPayload) : entryLine(entry, dataDir, hasPayload)));
      await print(lines.map((line) => `${line}\n`).join(''));
    });
    for (const one of report?.damage ?? []) process.stderr.write(`walka: ${damageLine(one, dataDir)}\n`);
  }
  return ExitCode.OK;
}

async function repair({ dataDir, isJson }: Asked): Promise<number> {
  const cuts = await repairJournal(dataDir);
  if (isJson) await print(`${JSON.stringify({ cuts })}\n`);
  else if (cuts.length === 0) await print('a start takes the journal as it is: nothing was changed\n');
  else {
    for (const { reason, aside, byteLength } of cuts) {
      await print(`${reason}\n  cut there: ${byteLength} bytes are kept in ${aside.join(', ')}\n`);
    }
    await print('catalog.db is made anew from what is left; the old one is kept as catalog.db.broken\n');
  }
  return ExitCode.OK;
}

async function askedOf({ positionals, flags }: ParsedArguments): Promise<Asked> {
  const dataDir = flags.get('data-dir')?.[0] ?? './data';
  const files = positionals.slice(1);
  for (const path of files.length > 0 ? files : [dataDir]) {
    if (!existsSync(path)) throw new ConfigError(`wal: there is no ${path}`);
    if (statSync(path).isDirectory() === files.length > 0) {
      throw new ConfigError(
        files.length > 0 ? `wal: ${path} is a directory; use --data-dir` : `wal: ${path} is no directory`,
      );
    }
  }
  const isWhole = files.length === 0;
  return { dataDir, paths: isWhole ? await filesOf(dataDir) : files, isWhole, isJson: flags.has('json') };
}

/** Runs the command; gives the exit code. @throws ConfigError for a command line that is wrong */
export async function wal(argv: readonly string[]): Promise<number> {
  const parsed = parseArguments(argv, FLAGS);
  const [name = 'help'] = parsed.positionals;
  if (parsed.flags.has('help') || name === 'help') {
    process.stdout.write(HELP);
    return ExitCode.OK;
  }
  if (!['inspect', 'verify', 'dump', 'repair'].includes(name)) {
    throw new ConfigError(`wal: unknown command ${name}; there are inspect, verify, dump and repair`);
  }
  if (name === 'repair' && parsed.positionals.length > 1)
    throw new ConfigError('wal repair: takes no files; use --data-dir');
  const asked = await askedOf(parsed);
  // A reader that has seen enough, such as head, ends this.
  process.stdout.on('error', () => process.exit(ExitCode.OK));
  try {
    if (name === 'inspect') return await inspect(asked);
    if (name === 'verify') return await verify(asked);
    if (name === 'dump') return await dump(asked, parsed);
    return await repair(asked);
  } catch (error) {
    const text = failureText(error);
    if (text === null) throw error;
    process.stderr.write(`walka: ${text}\n`);
    return ExitCode.CANNOT_START;
  }
}
