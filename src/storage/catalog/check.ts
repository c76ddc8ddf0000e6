/** Whether a catalog is the one that belongs to a journal: looked at when a start has read both and changed neither. */
import { dirname, join } from 'node:path';
import { JOURNAL_FOLDER } from '../options.ts';
import { CATALOG_STREAM, StorageError } from '../types.ts';
import { CatalogError } from './catalog-error.ts';
import type { CatalogJournal, JournalCopy, NewestChange } from './journal-copy.ts';
import { type CatalogRows, decodeDeletion, decodeTopic, type PartitionRun, type StoredRow } from './rows.ts';
import { rowsHoldStreams } from './streams-feature.ts';
import { unusable } from './sqlite-errors.ts';

/** What is told of unknown streams: the first few. */
const NAMED_STREAMS = 3;

/** Partitions with the id of their topic. */
interface KnownRun extends PartitionRun {
  readonly topicId: string;
}

/** Streams that the catalog knows, as ranges sorted by the first. */
function knownRuns(rows: Iterable<StoredRow>): KnownRun[] {
  const known: KnownRun[] = [];
  for (const [kind, key, text] of rows) {
    if (kind !== 'topic' && kind !== 'deletion') continue;
    const { id: topicId, runs } = kind === 'topic' ? decodeTopic(key, text) : decodeDeletion(key, text);
    for (const run of runs) known.push({ ...run, topicId });
  }
  return known.sort((a, b) => a.firstStream - b.firstStream);
}

/** True when one stream is of different topics in both: a stream is never given out again, so they are no ages of one. */
export function isOfOther(rows: Iterable<StoredRow>, others: Iterable<StoredRow>): boolean {
  const runs = knownRuns(rows);
  let at = 0;
  for (const other of knownRuns(others)) {
    for (; at < runs.length; at++) {
      const run = runs[at] as KnownRun;
      if (run.firstStream + run.count <= other.firstStream) continue;
      const overlaps = run.firstStream < other.firstStream + other.count;
      if (overlaps && run.topicId !== other.topicId) return true;
      if (run.firstStream + run.count > other.firstStream + other.count) break;
    }
  }
  return false;
}

/** Streams of the journal that are no partition of the catalog's, nor were of a topic being deleted; ascending. */
export function unknownStreams({ rows }: CatalogRows, streams: Iterable<number>): number[] {
  const runs = knownRuns(rows);
  const unknown: number[] = [];
  let run: PartitionRun | undefined;
  for (const stream of streams) {
    // Neighbours are mostly of one run.
    if (run === undefined || !isIn(run, stream)) run = lastFrom(runs, stream);
    if (stream !== CATALOG_STREAM && (run === undefined || !isIn(run, stream))) unknown.push(stream);
  }
  return unknown.sort((a, b) => a - b);
}

function isIn({ firstStream, count }: PartitionRun, stream: number): boolean {
  return stream >= firstStream && stream < firstStream + count;
}

/** The last of the sorted runs that begins at the stream or before it. */
function lastFrom(runs: readonly PartitionRun[], stream: number): PartitionRun | undefined {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((runs[middle] as PartitionRun).firstStream <= stream) low = middle + 1;
    else high = middle;
  }
  return runs[low - 1];
}

function refuseUnknown(file: string, journal: CatalogJournal, unknown: readonly number[]): CatalogError {
  const bytes = unknown.reduce((sum, stream) => sum + journal.state(stream).liveBytes, 0);
  const named = unknown.slice(0, NAMED_STREAMS).join(', ') + (unknown.length > NAMED_STREAMS ? ', …' : '');
  const what =
    unknown.length === 1 ? `a partition (stream ${named})` : `${unknown.length} partitions (streams ${named})`;
  return unusable(file, `does not know ${what} with ${bytes} bytes of records in the journal beside it`);
}

async function newestOf(file: string, copy: JournalCopy): Promise<NewestChange | null> {
  try {
    return await copy.newest();
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'CORRUPT') throw error;
    const dataDir = dirname(file);
    const what = `${join(dataDir, JOURNAL_FOLDER)} has a damaged copy of ${file}, which itself is as it was written`;
    throw new CatalogError('CORRUPT', `${what}. Write a new copy: walka catalog rebuild --data-dir ${dataDir}`);
  }
}

/**
 * Refuses a catalog that is older than the journal, or another one.
 * @returns whether the journal's copy has all that the catalog has (a crash may have come between the two), and empty
 * streams that nobody knows any more
 * @throws CatalogError CORRUPT, also when the copy cannot be read
 */
export async function checkAgainstJournal(
  file: string,
  loaded: CatalogRows,
  copy: JournalCopy,
  journal: CatalogJournal,
): Promise<{ readonly isWhole: boolean; readonly leftovers: readonly number[] }> {
  const { cluster, rows } = loaded;
  const change = await newestOf(file, copy);
  const newest = change?.cluster ?? null;
  if (newest !== null && newest.generation > cluster.generation) {
    const missing = newest.generation - cluster.generation;
    const changes = missing === 1 ? 'the newest change' : `the ${missing} newest changes`;
    throw unusable(file, `is older than the journal beside it, or damaged: it lacks ${changes}`);
  }
  const isOther =
    newest !== null &&
    (newest.generation === cluster.generation ? !isSame(newest, cluster) : await isOfOtherJournal(rows, copy));
  if (isOther) {
    throw unusable(
      file,
      'says something else than the journal beside it: it is damaged, or belongs to another directory',
    );
  }
  const unknown = rowsHoldStreams(rows) ? [] : unknownStreams(loaded, journal.streamIds());
  // Before the journal had a copy, a crash could leave the streams of a deleted topic; empty ones are nobody's loss.
  const leftovers = newest === null ? unknown.filter((stream) => journal.state(stream).liveBytes === 0) : [];
  if (unknown.length > leftovers.length) throw refuseUnknown(file, journal, unknown);
  const isNew = change === null && cluster.starts === 0 && rows.length === 0;
  return { isWhole: isNew || (change?.isWhole === true && newest?.generation === cluster.generation), leftovers };
}

/** Whether a catalog that is ahead of the copy, as after a crash, has a copy of another behind it. */
async function isOfOtherJournal(rows: readonly StoredRow[], copy: JournalCopy): Promise<boolean> {
  const state = await copy.replay().catch((error: unknown) => {
    // It is written anew now: a catalog that is ahead of it does.
    if (error instanceof StorageError && error.code === 'CORRUPT') return null;
    throw error;
  });
  return state !== null && isOfOther(rows, state.rows());
}

function isSame(a: CatalogRows['cluster'], b: CatalogRows['cluster']): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
