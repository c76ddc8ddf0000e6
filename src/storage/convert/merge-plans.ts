/** From the state of the engine to a decision, and from a decision to the plan of a merge. */
import { LiveFigures } from './figures.ts';
import type { ConvertHost, SealedFile } from './host.ts';
import {
  CONVERT_FILES,
  type Decision,
  canCompact,
  decide,
  isWholeCompaction,
  type JournalFigures,
  MAX_CONVERT_FILES,
  type MergeDecision,
  type MergeReason,
  type SegmentFigures,
  SLACK_FILES,
  WAIT_FILES,
} from './planner.ts';
import { busyRate, type ConvertPace, paceFor } from './pressure.ts';
import { roomFor } from './preconditions.ts';
import { Quiet } from './quiet.ts';
import type { OpenSegment } from './segments.ts';
import type { AskStreams, MergeInput, MergePlan, MergeResult } from './types.ts';
import { CATALOG_STREAM } from '../types.ts';

/** A stream with this share of a segment's bytes in a merge gets segments of its own. */
const LARGE_STREAM_SHARE = 4;
/** Waiting journal files whose figures count. */
const MAX_FIGURES = 256;

export class MergePlans {
  readonly #host: ConvertHost;
  readonly #figures: LiveFigures;
  readonly #quiet: Quiet;
  /** Paths of files that a merge found damaged: they stay as they are. */
  readonly #damaged = new Set<string>();
  #compressedTo: number | null = null;
  /** Sealed journal files that are not converted. */
  #waiting = 0;
  /** The merge that was planned has all that is converted of the streams that are compacted in it. */
  #isWhole = false;
  /** There was no room for any of what could be done. */
  waitsForRoom = false;

  constructor(host: ConvertHost) {
    this.#host = host;
    this.#figures = new LiveFigures(host.directory, host.pause);
    this.#quiet = new Quiet(host.clock, host.stats);
  }

  /**
   * What to do next.
   * @param isFull the disk is: then everything that is dead counts; @param isStopped nothing will be done any more
   */
  async next(isFull: boolean, isStopped: () => boolean): Promise<Decision | null> {
    const { compaction, maxSegmentBytes, pace, segments } = this.#host;
    // Before anything is decided: what is dead goes first, and costs least.
    const slackBytes = isFull ? 0 : (SLACK_FILES * maxSegmentBytes) / 2;
    for (let mayFindMore = true; mayFindMore && !isStopped(); ) mayFindMore = await this.#lookAgain(slackBytes);
    const waiting = this.#convertible();
    this.#waiting = waiting.length;
    const { streams, through } = compaction.due();
    const state = {
      journal: await this.#journalFigures(waiting.slice(0, MAX_FIGURES)),
      waiting: waiting.length,
      isQuiet: this.#quiet.look(),
      segments: [...segments.all].map((segment) => this.#segmentFigures(segment)),
      compactionDue: streams,
      compactionThrough: through,
      maxSegmentBytes,
      compresses: pace.level > 0,
      compressedTo: this.#compressedTo,
      roomBytes: await roomFor(this.#host),
    };
    if (streams.length > 0 && !canCompact(state)) compaction.impossible();
    const decision = decide(state);
    this.waitsForRoom = decision === null && decide({ ...state, roomBytes: Number.POSITIVE_INFINITY }) !== null;
    return decision;
  }

  /** Looks at some of the sources of which more may be dead than is known; false when there are none. */
  async #lookAgain(slackBytes: number): Promise<boolean> {
    const { sources, segments } = this.#host;
    const candidates = [...this.#convertible().slice(0, MAX_FIGURES), ...segments.all].map(({ source }) => source);
    return await this.#figures.refresh(sources.all, candidates, slackBytes);
  }

  /** Files are there to be converted, in a quiet moment if it pays. */
  get waitsForQuiet(): boolean {
    return this.#waiting >= CONVERT_FILES && this.#waiting < WAIT_FILES;
  }

  /** How the next merge is to work. */
  get pace(): ConvertPace {
    return paceFor(this.#host.pace, this.#waiting);
  }

  /** Bytes a second for the merge under way as things are now; what nobody waits for all but stops while clients are busy. */
  rateNow(reason: MergeReason): number {
    this.#waiting = this.#convertible().length; // more may wait than when the merge began
    const bytesPerSecond = this.#rateOf(reason);
    const mayWait = (reason === 'conversion' || reason === 'tiers') && this.#waiting < WAIT_FILES;
    return mayWait && !this.#quiet.look() ? busyRate(bytesPerSecond) : bytesPerSecond;
  }

  /** Bytes a second for a merge that nobody has to give way to. */
  #rateOf(reason: MergeReason): number {
    const { bytesPerSecond } = this.pace;
    const most = reason === 'compaction' ? this.#host.compaction.bytesPerSecond : 0;
    return most === 0 || (bytesPerSecond > 0 && bytesPerSecond < most) ? bytesPerSecond : most;
  }

  /** The plan of a merge that was decided; null when its sources are not what they were: it is decided anew then. */
  planOf(decision: MergeDecision, mergeId: number): MergePlan | null {
    const { reason, journal, layers, rewrite } = decision;
    this.#isWhole = isWholeCompaction(decision);
    const { folder, clusterId, clock, maxSegmentBytes, segments, sources } = this.#host;
    const sealed = new Map(this.#convertible().map((file) => [file.sequence, file]));
    const inputs: MergeInput[] = layers.map(({ firstSequence, lastSequence, segments: members }) => ({
      kind: 'layer',
      firstSequence,
      lastSequence,
      segments: members.map((segment) => ({
        path: segments.pathOf(segment.descriptor),
        descriptor: segment.descriptor,
        mustRewrite: rewrite.has(segment),
      })),
    }));
    for (const { sequence } of journal) {
      const file = sealed.get(sequence);
      // One that is gone by now was dead; one that a start would read again, after a newer seal, is not.
      if (file === undefined && sources.covering(sequence) !== undefined) return null;
      if (file === undefined) continue;
      const { path, byteLength, seal } = file;
      inputs.push({ kind: 'journal', sequence, path, byteLength, seal });
    }
    if (inputs.length === 0) return null;
    const sizes = { maxSegmentBytes, largeStreamBytes: Math.ceil(maxSegmentBytes / LARGE_STREAM_SHARE) };
    return {
      mergeId,
      folder,
      clusterId,
      nowMs: clock.now(),
      inputs,
      ...sizes,
      ...this.pace,
      bytesPerSecond: this.#rateOf(reason),
    };
  }

  /** Answers what a merge asks about streams. */
  readonly ask: AskStreams = (streams) => {
    const { directory, compaction } = this.#host;
    const logStart = new Float64Array(streams.length);
    const compacted = new Map<number, unknown>();
    for (const [i, stream] of streams.entries()) {
      const row = stream === CATALOG_STREAM ? -1 : directory.find(stream);
      logStart[i] = row < 0 ? Number.POSITIVE_INFINITY : directory.journaledStart.get(row);
      const parameters = row < 0 ? undefined : compaction.parameters(stream, this.#isWhole);
      if (parameters !== undefined) compacted.set(i, parameters);
    }
    return { logStart, compacted };
  };

  /** Takes over what a merge came to, once it is published. */
  async published({ segments }: MergeResult, decision: MergeDecision): Promise<void> {
    const made = segments.filter(({ isMoved }) => !isMoved).map(({ descriptor }) => descriptor);
    const batchBytes = made.reduce((sum, descriptor) => sum + descriptor.batchBytes, 0);
    const fileBytes = made.reduce((sum, descriptor) => sum + descriptor.fileBytes, 0);
    if (this.pace.level > 0 && batchBytes > 0) this.#compressedTo = fileBytes / batchBytes;
    if (decision.reason !== 'space') return;
    const isMade = new Set(made);
    for (const { descriptor, source } of this.#host.segments.all) {
      if (isMade.has(descriptor)) await this.#figures.lookAtNew(source);
    }
  }

  /** A merge found a file damaged. */
  foundDamaged(path: string): void {
    this.#damaged.add(path);
  }

  /** Sealed journal files behind what is converted, up to the first that is damaged. */
  #convertible(): SealedFile[] {
    const { sealedFiles, segments } = this.#host;
    const files = sealedFiles().filter(({ sequence }) => sequence > segments.convertedTo);
    const damaged = files.findIndex(({ path, source }) => this.#damaged.has(path) || this.#figures.isDamaged(source));
    return damaged < 0 ? files : files.slice(0, damaged);
  }

  async #journalFigures(files: readonly SealedFile[]): Promise<JournalFigures[]> {
    const figures: JournalFigures[] = [];
    for (const [i, { sequence, source, seal }] of files.entries()) {
      // Of those that the next conversion may take.
      const countsRuns = files.length >= CONVERT_FILES && i < MAX_CONVERT_FILES;
      const runCount = countsRuns ? await this.#figures.ranges(source) : 0;
      if (this.#figures.isDamaged(source)) break;
      const { storedBytes, batchBytes } = source;
      const liveBytes = this.#figures.liveBytes(source);
      figures.push({ sequence, storedBytes, batchBytes, liveBytes, runCount, indexBytes: seal.indexLength });
    }
    return figures;
  }

  #segmentFigures({ firstSequence, lastSequence, descriptor, source }: OpenSegment): SegmentFigures {
    const isDamaged = this.#damaged.has(source.name) || this.#figures.isDamaged(source);
    const isDead = this.#isWhollyDead(descriptor) || this.#figures.isDead(source);
    const liveBytes = isDead ? 0 : this.#figures.liveBytes(source);
    return { firstSequence, lastSequence, descriptor, liveBytes, isDead, isDamaged };
  }

  /** What can be told without the index: all of it lies before the log start of its only stream. */
  #isWhollyDead({ firstStream, lastStream, endOffset }: OpenSegment['descriptor']): boolean {
    if (firstStream !== lastStream) return false;
    const { directory } = this.#host;
    const row = directory.find(firstStream);
    return row < 0 || endOffset <= directory.journaledStart.get(row);
  }
}
