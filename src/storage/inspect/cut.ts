/** Makes a journal that a start refuses one that it takes, by giving up what lies behind the damage, which is kept aside. */
import { copyFile, open, readdir, rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { nodeFiles } from '../files/node-files.ts';
import { journalFileName, sequenceOfName } from '../format/format.ts';
import { JOURNAL_FOLDER } from '../options.ts';
import { type JournalEnd, StorageError } from '../types.ts';
import { knownEnd } from './catalog.ts';
import { journalProblem } from './start-problem.ts';

/** A pass that cuts nothing ends the repair; more than this many are no repair any more. */
const MAX_CUTS = 1000;

export interface Cut {
  /** Why the start was refused. */
  readonly reason: string;
  /** Names of the files in the journal's folder that have what was cut off. */
  readonly aside: readonly string[];
  readonly byteLength: number;
}

/** A file of the journal that is given up with what was in it. */
export interface LostFile {
  readonly sequence: number;
  readonly path: string;
  /** What was wrong with it. */
  readonly what: string;
  /** Name of the file that it is kept as; null where there was none. */
  readonly aside: string | null;
}

/** The path of a name in the folder that nothing has yet. */
export async function freeName(folder: string, name: string): Promise<string> {
  const taken = new Set(await readdir(folder));
  let free = name;
  for (let i = 1; taken.has(free); i++) free = `${name}.${i}`;
  return join(folder, free);
}

/** Copies what lies behind `position` aside, and cuts the file there. */
async function cutFile(path: string, position: number, aside: string): Promise<number> {
  const { size } = await stat(path);
  await copyFile(path, aside);
  const copy = await open(aside, 'r+');
  await copy.datasync().finally(() => copy.close());
  const file = await open(path, 'r+');
  try {
    await file.truncate(position);
    await file.datasync();
  } finally {
    await file.close();
  }
  return size - position;
}

async function cut(folder: string, { sequence, position }: JournalEnd, reason: string): Promise<Cut> {
  const aside: string[] = [];
  let byteLength = 0;
  const sequences = (await readdir(folder)).map(sequenceOfName).filter((one) => one !== undefined && one >= sequence);
  // The last goes first, to leave no gap.
  for (const each of (sequences as number[]).sort((a, b) => b - a)) {
    const path = join(folder, journalFileName(each));
    const kept = await freeName(folder, `${journalFileName(each)}.broken`);
    if (each === sequence && position !== null && position > 0) byteLength += await cutFile(path, position, kept);
    else {
      byteLength += (await stat(path)).size;
      await rename(path, kept);
    }
    aside.push(basename(kept));
  }
  await nodeFiles.syncDirectory(folder);
  return { reason, aside, byteLength };
}

/** Puts a file aside that is no good any more, if there is one. */
async function giveUp(folder: string, sequence: number, what: string): Promise<LostFile> {
  const name = journalFileName(sequence);
  const path = join(folder, name);
  if (!(await readdir(folder)).includes(name)) return { path, sequence, what: 'missing', aside: null };
  const aside = await freeName(folder, `${name}.broken`);
  await rename(path, aside);
  await nodeFiles.syncDirectory(folder);
  return { path, sequence, what, aside: basename(aside) };
}

/**
 * Gives up older files of the journal that are lost, and cuts it, until a start takes it.
 * @returns what was cut, in the order in which it was; nothing when a start takes it as it is
 * @throws StorageError CORRUPT when cutting does not help: the message says what is wrong; DISK_FULL
 */
export async function cutJournal(dataDir: string): Promise<{ cuts: readonly Cut[]; lost: readonly LostFile[] }> {
  const folder = join(dataDir, JOURNAL_FOLDER);
  const cuts: Cut[] = [];
  const lost: LostFile[] = [];
  for (;;) {
    // What is cut off is missed no more.
    const end = cuts.length === 0 ? await knownEnd(dataDir) : null;
    const givenUpFiles = new Set(lost.map(({ sequence }) => sequence));
    const problem = await journalProblem(dataDir, { end, givenUpFiles });
    if (problem === null) return { cuts, lost };
    const lostFile = problem instanceof StorageError ? problem.lostFile : null;
    if (lostFile !== null && !givenUpFiles.has(lostFile)) {
      lost.push(await giveUp(folder, lostFile, 'damaged'));
      continue;
    }
    const cutAt = problem instanceof StorageError ? problem.cutAt : null;
    const isHopeless = cuts.length >= MAX_CUTS || cutAt === null || cutAt.sequence <= 1;
    if (isHopeless && (cutAt?.position ?? 0) === 0) throw problem;
    cuts.push(await cut(folder, cutAt as JournalEnd, problem.message));
  }
}
