/** What must hold before a merge begins. */
import { withIndexes } from '../runs/locate.ts';
import type { RunSource } from '../runs/run-source.ts';
import { segmentFileName } from '../segment/descriptor.ts';
import { CATALOG_STREAM } from '../types.ts';
import type { ConvertHost } from './host.ts';
import type { JournalFigures, MergeDecision } from './planner.ts';

/** Room that a merge must leave besides what it writes, in segments. */
const HEADROOM_SEGMENTS = 2;

/** From the first to the last journal sequence (inclusive) that the merge is about. */
export function intervalOf({ journal, layers }: MergeDecision): {
  readonly firstSequence: number;
  readonly lastSequence: number;
} {
  const sequences = journal.map(({ sequence }) => sequence);
  return {
    firstSequence: Math.min(...layers.map(({ firstSequence }) => firstSequence), ...sequences),
    lastSequence: Math.max(...layers.map(({ lastSequence }) => lastSequence), ...sequences),
  };
}

/** The sources that a merge reads: to be held while it does. */
export function sourcesOf({ sources, segments }: ConvertHost, { journal, layers }: MergeDecision): RunSource[] {
  const names = new Set(layers.flatMap((layer) => layer.segments.map(({ descriptor }) => segmentFileName(descriptor))));
  const held: RunSource[] = [];
  for (const { sequence } of journal) {
    const source = sources.covering(sequence);
    if (source !== undefined) held.push(source);
  }
  for (const { descriptor, source } of segments.all) {
    if (names.has(segmentFileName(descriptor))) held.push(source);
  }
  return held;
}

/**
 * Asserts that what is going to be converted was merged, as far as it is still there: readers would not find it otherwise.
 * @param merged what `sourcesOf` gave
 */
export function mustReplaceAll(
  { sources }: ConvertHost,
  { journal }: MergeDecision,
  merged: readonly RunSource[],
): void {
  const convertedTo = journal.at(-1)?.sequence ?? 0;
  const left = sources.all.find(
    (source) => source.firstSequence > 0 && source.lastSequence <= convertedTo && !merged.includes(source),
  );
  if (left !== undefined) throw new Error(`${left.name} was not merged, and would be lost to readers`);
}

/** Bytes that a merge may write beside what is there. */
export async function roomFor({ space, maxSegmentBytes }: ConvertHost): Promise<number> {
  const { usableBytes } = await space();
  return usableBytes < 0 ? Number.POSITIVE_INFINITY : Math.max(0, usableBytes - HEADROOM_SEGMENTS * maxSegmentBytes);
}

/**
 * The journal's copy of the catalog does not go into segments, since it tells which there are: has what counts of it moved
 * out of the way. False when there is no room for that just now.
 */
export async function isFreeOfCatalog(host: ConvertHost, { journal }: MergeDecision): Promise<boolean> {
  if (!(await holdCatalog(host, journal))) return true;
  await host.moveCatalog();
  return !(await holdCatalog(host, journal));
}

async function holdCatalog({ directory, sources }: ConvertHost, journal: readonly JournalFigures[]): Promise<boolean> {
  for (const { sequence } of journal) {
    const source = sources.covering(sequence);
    const row = directory.find(CATALOG_STREAM);
    if (row < 0 || source === undefined) continue;
    const end = await withIndexes((pins) => source.endOf(CATALOG_STREAM, pins));
    if (end > directory.journaledStart.get(row)) return true;
  }
  return false;
}
