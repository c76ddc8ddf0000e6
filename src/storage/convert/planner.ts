/**
 * Decides what to merge next, from figures alone. In this order:
 *
 * 1. Segments of which nothing is live go.
 * 2. Space: when much of the disk is held by what is dead, where most is won for what is copied.
 * 3. Compaction that is due.
 * 4. Conversion of sealed journal files, a few at a time, when reading gets better by it, or they get smaller; in a quiet
 *    moment, as nobody waits for it, or once many wait.
 * 5. Layers of about one size are merged, so that a stream's batches lie in few of them.
 *
 * What there is no room for is passed over: what comes after it may fit, and gives room back.
 */
import { type Layer, layersOf, withEntangled } from './layers.ts';
import type { PublishedSegment } from './publication.ts';

/** A sealed journal file that may be converted. */
export interface JournalFigures {
  readonly sequence: number;
  readonly storedBytes: number;
  /** Bytes of all its batches, and of those that streams still refer to. */
  readonly batchBytes: number;
  readonly liveBytes: number;
  readonly runCount: number;
  /** Of its index, which a merge has in memory whole. */
  readonly indexBytes: number;
}

export interface SegmentFigures extends PublishedSegment {
  /** Bytes of batches that streams still refer to, as a fetch sends them. */
  readonly liveBytes: number;
  /** Streams refer to nothing in it: what is live may have no bytes. */
  readonly isDead: boolean;
  /** It was found damaged: it stays as it is. */
  readonly isDamaged: boolean;
}

export interface PlannerState {
  /** Those that follow what is converted, oldest first, all on the device. */
  readonly journal: readonly JournalFigures[];
  /** Sealed journal files that are not converted; `journal` has the oldest of them. */
  readonly waiting: number;
  /** Clients do little just now. */
  readonly isQuiet: boolean;
  readonly segments: readonly SegmentFigures[];
  /** Streams whose compaction is due, ascending. */
  readonly compactionDue: readonly number[];
  /** Newest journal sequence with batches that this compaction is for. */
  readonly compactionThrough: number;
  readonly maxSegmentBytes: number;
  /** Of what was converted last: bytes stored by byte of batches; null when nothing was yet, or nothing is compressed. */
  readonly compressedTo: number | null;
  /** Blocks are to be compressed. */
  readonly compresses: boolean;
  /** Bytes that a merge may write before it gives back what it reads. */
  readonly roomBytes: number;
}

export type MergeReason = 'space' | 'compaction' | 'conversion' | 'tiers';

export interface DropDecision {
  readonly kind: 'drop';
  readonly segments: readonly SegmentFigures[];
}

export interface MergeDecision {
  readonly kind: 'merge';
  readonly reason: MergeReason;
  readonly journal: readonly JournalFigures[];
  readonly layers: readonly Layer<SegmentFigures>[];
  /** Segments that are written anew even where they could stay as they are. */
  readonly rewrite: ReadonlySet<SegmentFigures>;
}

export type Decision = DropDecision | MergeDecision;

/** Journal files converted at once, at least and at most. */
export const CONVERT_FILES = 4;
export const MAX_CONVERT_FILES = 8;
/** From so many on no quiet moment is waited for. */
export const WAIT_FILES = 32;
/** Indexes of journal files that one merge has in memory, in bytes. */
const MAX_INDEX_BYTES = 24 * 1024 * 1024;
/** Journal files are merged for longer runs where these are shorter than this on average. */
const SHORT_RUN_BYTES = 256 * 1024;
/** Blocks are worth it when they come to less than this share of what they hold. */
const COMPRESSES_TO = 0.9;
/** Dead bytes by live byte from which space is made. */
const DEAD_SHARE = 0.25;
/** Dead bytes that never matter, in files. */
export const SLACK_FILES = 2;
/** Share of a file that must be dead for it to be written anew. */
const MIN_DEAD_IN_FILE = 0.25;
/** Layers of about one size that are merged. */
const TIER_LAYERS = 4;
/** A merge of layers may take this part of all segments besides them for a while, or what a conversion may. */
const MERGE_PART = 5;

export function decide(state: PlannerState): Decision | null {
  const dead = state.segments.filter(({ isDead }) => isDead);
  if (dead.length > 0) return { kind: 'drop', segments: dead };
  return makeSpace(state) ?? compact(state) ?? convert(state) ?? mergeTiers(state);
}

/** True if something can be done about the compaction that is due, once there is room. */
export function canCompact(state: PlannerState): boolean {
  return compact({ ...state, roomBytes: Number.POSITIVE_INFINITY }) !== null;
}

/** True for a merge that has all of the streams whose compaction is due. */
export function isWholeCompaction({ reason, journal }: MergeDecision): boolean {
  return reason === 'compaction' && journal.length === 0;
}

/** Bytes that what is live in the sources takes, about, which is what their merge writes. */
function liveStoredBytes(file: JournalFigures | SegmentFigures): number {
  return storedBytes(file) - deadBytes(file);
}

function hasRoom({ roomBytes }: PlannerState, files: readonly (JournalFigures | SegmentFigures)[]): boolean {
  return sum(files, liveStoredBytes) <= roomBytes;
}

/** Bytes on the disk that nobody needs. */
function deadBytes({ liveBytes, ...file }: JournalFigures | SegmentFigures): number {
  if ('descriptor' in file) {
    const { fileBytes, batchBytes } = file.descriptor;
    return batchBytes === 0 ? 0 : fileBytes * Math.max(0, 1 - liveBytes / batchBytes);
  }
  return Math.max(0, file.storedBytes - liveBytes);
}

function storedBytes(file: JournalFigures | SegmentFigures): number {
  return 'descriptor' in file ? file.descriptor.fileBytes : file.storedBytes;
}

function sum<T>(items: readonly T[], bytes: (item: T) => number): number {
  return items.reduce((total, item) => total + bytes(item), 0);
}

function merge(
  reason: MergeReason,
  journal: readonly JournalFigures[],
  segments: readonly SegmentFigures[] = [],
  rewrite: readonly SegmentFigures[] = [],
): MergeDecision {
  return { kind: 'merge', reason, journal, layers: layersOf(segments), rewrite: new Set(rewrite) };
}

/** Journal files converted in one go, from the oldest on; none when there is no room for that one. */
function nextJournalFiles(state: PlannerState): readonly JournalFigures[] {
  const { journal, maxSegmentBytes } = state;
  let bytes = 0;
  let indexed = 0;
  let count = 0;
  for (const { storedBytes: stored, indexBytes } of journal) {
    if (!hasRoom(state, journal.slice(0, count + 1))) break;
    bytes += stored;
    indexed += indexBytes;
    const isTooMuch = bytes > MAX_CONVERT_FILES * maxSegmentBytes || indexed > MAX_INDEX_BYTES;
    if (count > 0 && (count === MAX_CONVERT_FILES || isTooMuch)) break;
    count += 1;
  }
  return journal.slice(0, count);
}

/**
 * Files of one layer that are dead in large part: next to each other, since what is made of them may not reach over one
 * that stays; as many as one merge should write anew.
 */
function mostlyDead({ segments }: Layer<SegmentFigures>, maxBytes: number): SegmentFigures[][] {
  const stretches: SegmentFigures[][] = [];
  let stretch: SegmentFigures[] = [];
  let copied = 0;
  for (const segment of segments) {
    const stored = storedBytes(segment);
    const isChosen = !segment.isDamaged && deadBytes(segment) >= MIN_DEAD_IN_FILE * stored;
    copied += stored - deadBytes(segment);
    if (stretch.length > 0 && (!isChosen || copied > maxBytes)) {
      stretches.push(stretch);
      stretch = [];
    }
    if (!isChosen) continue;
    if (stretch.length === 0) copied = stored - deadBytes(segment);
    stretch.push(segment);
  }
  if (stretch.length > 0) stretches.push(stretch);
  return stretches;
}

function makeSpace(state: PlannerState): Decision | null {
  const { segments, maxSegmentBytes } = state;
  const files = [...state.journal, ...segments];
  const dead = sum(files, deadBytes);
  const live = sum(files, storedBytes) - dead;
  if (dead <= DEAD_SHARE * live + SLACK_FILES * maxSegmentBytes) return null;
  const maxBytes = Math.min(MAX_CONVERT_FILES * maxSegmentBytes, state.roomBytes);
  let best: Decision | null = null;
  let bestGain = 0;
  const offer = (decision: Decision, chosen: readonly (JournalFigures | SegmentFigures)[]): void => {
    const won = sum(chosen, deadBytes);
    const stored = sum(chosen, storedBytes);
    if (chosen.length === 0 || !hasRoom(state, chosen)) return;
    if (won < MIN_DEAD_IN_FILE * stored || won <= bestGain * stored) return;
    best = decision;
    bestGain = won / stored;
  };
  const journal = nextJournalFiles(state);
  offer(merge('space', journal), journal);
  for (const layer of layersOf(segments)) {
    for (const chosen of mostlyDead(layer, maxBytes)) offer(merge('space', [], chosen, chosen), chosen);
  }
  return best;
}

/** First the journal files that it is for; then all segments that may hold one of the streams, and what goes with them. */
function compact(state: PlannerState): Decision | null {
  const { compactionDue, compactionThrough, journal, segments } = state;
  if (compactionDue.length === 0) return null;
  const [oldest] = journal;
  if (oldest !== undefined && oldest.sequence <= compactionThrough) {
    const files = nextJournalFiles(state);
    return files.length === 0 ? null : merge('compaction', files);
  }
  const holders = segments.filter(({ descriptor: { firstStream, lastStream } }) => {
    let at = 0;
    for (let high = compactionDue.length; at < high; ) {
      const middle = (at + high) >>> 1;
      if ((compactionDue[middle] as number) < firstStream) at = middle + 1;
      else high = middle;
    }
    return at < compactionDue.length && (compactionDue[at] as number) <= lastStream;
  });
  if (holders.length === 0) return null;
  const members = withEntangled(segments, holders);
  if (members.some(({ isDamaged }) => isDamaged) || !hasRoom(state, members)) return null;
  return merge('compaction', [], members, holders);
}

function convert(state: PlannerState): Decision | null {
  const { journal, compresses, compressedTo, waiting, isQuiet } = state;
  if (journal.length < CONVERT_FILES || (waiting < WAIT_FILES && !isQuiet)) return null;
  const files = nextJournalFiles(state);
  if (files.length === 0) return null;
  const batchBytes = sum(files, (file) => file.batchBytes);
  const runs = sum(files, ({ runCount }) => runCount);
  const dead = sum(files, deadBytes);
  const pays =
    batchBytes < SHORT_RUN_BYTES * runs ||
    dead > MIN_DEAD_IN_FILE * sum(files, storedBytes) ||
    (compresses && (compressedTo ?? 0) < COMPRESSES_TO);
  return pays ? merge('conversion', files) : null;
}

/** Looks from the newest layer on for enough of about one size. */
function mergeTiers(state: PlannerState): Decision | null {
  const { segments, maxSegmentBytes } = state;
  const layers = layersOf(segments);
  const most = Math.max(MAX_CONVERT_FILES * maxSegmentBytes, sum(segments, storedBytes) / MERGE_PART);
  for (let newest = layers.length - 1; newest >= TIER_LAYERS - 1; newest--) {
    let oldest = newest;
    let bytes = sum((layers[newest] as Layer<SegmentFigures>).segments, storedBytes);
    for (; oldest > 0; oldest--) {
      const next = sum((layers[oldest - 1] as Layer<SegmentFigures>).segments, storedBytes);
      if (next > bytes || bytes + next > most) break;
      bytes += next;
    }
    if (newest - oldest + 1 < TIER_LAYERS) continue;
    const chosen = layers.slice(oldest, newest + 1).flatMap((layer) => layer.segments);
    const members = withEntangled(segments, chosen);
    if (members.some(({ isDamaged }) => isDamaged) || !hasRoom(state, members)) continue;
    return merge('tiers', [], members);
  }
  return null;
}
