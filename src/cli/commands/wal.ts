/** `walka wal`: looks at the files of a data directory, of a broker or of `walka/wal`, and repairs its journal. */
import { existsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { ConfigError } from '../../config/config-error.ts';
import { needsSegment } from '../../storage/inspect/catalog.ts';
import { filesOf, inspectFile, kindOf } from '../../storage/inspect/directory.ts';
import { repair as repairDirectory } from '../../storage/inspect/repair.ts';
import { startProblem } from '../../storage/inspect/start-problem.ts';
import type { DumpedEntry, FileKind, FileReport } from '../../storage/inspect/types.ts';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { ExitCode } from '../exit-codes.ts';
import { failureText } from '../failures.ts';
import type { Output } from '../output.ts';
import { damageLine, entryJson, entryLine, repairLines, reportLine } from '../wal-text.ts';

/** Where a command finds its files, and what it was asked. */
interface Asked {
  readonly dataDir: string;
  readonly paths: readonly string[];
  readonly isWhole: boolean;
  readonly output: Output;
}

function jsonOf(report: FileReport): string {
  return JSON.stringify(report);
}

async function inspect({ paths, output, dataDir }: Asked): Promise<number> {
  for (const path of paths) {
    const report = await inspectFile(path, null);
    if (report === null) continue;
    const lines = output.isJson
      ? [jsonOf(report)]
      : [reportLine(report, dataDir), ...report.damage.map((one) => `  ${damageLine(one, dataDir)}`)];
    await output.write(`${lines.join('\n')}\n`);
  }
  return ExitCode.OK;
}

async function verify({ paths, output, isWhole, dataDir }: Asked): Promise<number> {
  let files = 0;
  let bytes = 0;
  let damaged = 0;
  let isInUse = false;
  const isNeeded = isWhole ? await needsSegment(dataDir) : () => true;
  for (const path of paths) {
    const report = await inspectFile(path, null);
    if (report === null) continue;
    files += 1;
    bytes += report.byteLength;
    const damage = report.kind === 'segment' && !isNeeded(basename(path)) ? [] : report.damage;
    damaged += damage.length;
    isInUse ||= String(report.facts['state']).startsWith('in use');
    for (const one of damage) await output.write(`${output.isJson ? JSON.stringify(one) : damageLine(one, dataDir)}\n`);
  }
  // What is being written just now says nothing about a start.
  const problem =
    isWhole && !isInUse && paths.some((path) => path.endsWith('.wal')) ? await startProblem(dataDir) : null;
  const refused = problem === null ? null : problem.message;
  if (output.isJson)
    await output.write(`${JSON.stringify({ files, bytes, damaged, isInUse, startRefused: refused })}\n`);
  else {
    if (refused !== null) await output.write(`a start would be refused: ${refused}\n`);
    const use = isInUse ? ', in use' : '';
    await output.write(
      `${files} files, ${bytes} bytes${use}: ${damaged === 0 ? 'no damage' : `${damaged} places are damaged`}\n`,
    );
  }
  return damaged === 0 && refused === null ? ExitCode.OK : ExitCode.DAMAGED;
}

/** @throws ConfigError for text that is no number */
function wholeNumber(name: string): (text: string) => number {
  return (text) => {
    if (!/^-?\d{1,15}$/.test(text)) throw new ConfigError(`--${name}: "${text}" is not a whole number`);
    return Number(text);
  };
}

interface DumpFlags {
  readonly stream?: number;
  readonly from?: number;
  readonly to?: number;
  readonly payload?: boolean;
}

async function dump({ paths, output, dataDir }: Asked, flags: DumpFlags): Promise<number> {
  const { stream = null, from = null, to = null, payload: hasPayload = false } = flags;
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
        .map((entry) => (output.isJson ? entryJson(entry, hasPayload) : entryLine(entry, dataDir, hasPayload)));
      await output.write(lines.map((line) => `${line}\n`).join(''));
    });
    for (const one of report?.damage ?? []) output.warn(damageLine(one, dataDir));
  }
  return ExitCode.OK;
}

async function repair({ dataDir, output }: Asked): Promise<number> {
  const repaired = await repairDirectory(dataDir);
  const lines = output.isJson ? [JSON.stringify(repaired)] : repairLines(repaired, dataDir);
  await output.write(lines.map((line) => `${line}\n`).join(''));
  return ExitCode.OK;
}

/** Files that only a data directory has. */
const OF_A_LOG: ReadonlySet<FileKind> = new Set(['catalog', 'journal', 'segment']);

async function askedOf(files: readonly string[], dataDir: string, output: Output): Promise<Asked> {
  for (const path of files.length > 0 ? files : [dataDir]) {
    if (!existsSync(path)) throw new ConfigError(`wal: there is no ${path}`);
    if (statSync(path).isDirectory() === files.length > 0) {
      throw new ConfigError(
        files.length > 0 ? `wal: ${path} is a directory; use --data-dir` : `wal: ${path} is no directory`,
      );
    }
  }
  const isWhole = files.length === 0;
  const paths = isWhole ? await filesOf(dataDir) : files;
  if (isWhole && !paths.some((path) => OF_A_LOG.has(kindOf(path)))) {
    throw new ConfigError(`wal: ${dataDir} is no data directory: it has neither a catalog nor a journal`);
  }
  return { dataDir, paths, isWhole, output };
}

const HELP = `
Without files all of a data directory. All but repair change nothing, and may be used while a broker runs: what it is
writing just then may look unfinished.

Exit codes: 0 all is well; 1 wrong arguments; 2 something cannot be read, is in use, or cannot be repaired; 4 verify
found damage.
`;

export function define(wal: Command, context: CommandContext): void {
  const { output } = context;
  /** Takes the command's arguments and runs its work on what they name. */
  const run = async (files: readonly string[], work: (asked: Asked) => Promise<number>): Promise<void> => {
    const asked = await askedOf(files, wal.opts<{ dataDir: string }>().dataDir, output);
    try {
      context.exitCode = await work(asked);
    } catch (error) {
      const text = failureText(error);
      if (text === null) throw error;
      output.warn(text);
      context.exitCode = ExitCode.CANNOT_START;
    }
  };
  wal.option('--data-dir <directory>', 'The data directory.', './data').addHelpText('after', HELP);
  wal
    .command('inspect')
    .argument('[file...]')
    .description('What each file is and holds.')
    .action((files: string[]) => run(files, inspect));
  wal
    .command('verify')
    .argument('[file...]')
    .description('Read everything, check every checksum, and whether a start would take it.')
    .action((files: string[]) => run(files, verify));
  wal
    .command('dump')
    .argument('[file...]')
    .description('Print the entries of journal files and the batches of segments.')
    .option('--stream <number>', 'Entries of this stream only.', wholeNumber('stream'))
    .option('--from <offset>', 'Entries that end behind this offset.', wholeNumber('from'))
    .option('--to <offset>', 'Entries that begin before this offset.', wholeNumber('to'))
    .option('--payload', 'With their bytes (hexadecimal; base64 in JSON).')
    .action((files: string[], flags: DumpFlags) => run(files, (asked) => dump(asked, flags)));
  wal
    .command('repair')
    .description(
      'Give up what is lost: cut a journal that a start refuses where its damage begins, go on without lost segments ' +
        'and without what is damaged in others, and say which records that were. What is cut off or replaced is kept ' +
        'beside it as *.broken, and the catalog is made anew. Not while a broker runs.',
    )
    .action(() => run([], repair));
}
