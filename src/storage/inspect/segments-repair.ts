/** Gives up what lost or damaged segments held, while a catalog is made anew, and tells what that was. */
import { copyFile, link, readdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BATCH_OVERHEAD, BatchField, patchCrc } from '../../../protocol/records/batch.ts';
import { buildBatch } from '../../../protocol/records/build.ts';
import { plainSlice } from '../../base/counted.ts';
import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { decodeTopic, type PartitionRun, type StoredRow } from '../catalog/rows.ts';
import { rowsHoldStreams } from '../catalog/streams-feature.ts';
import type { SegmentsToRepair } from '../catalog-rebuild/rebuild.ts';
import type { PublishedSegment, PublishedSegments, SegmentChange } from '../convert/publication.ts';
import { nodeFiles } from '../files/node-files.ts';
import type { Engine } from '../open-engine.ts';
import { SEGMENTS_FOLDER } from '../options.ts';
import { segmentFileName, segmentOfName } from '../segment/descriptor.ts';
import { freeName } from './cut.ts';
import { inspectSegmentFile } from './segment.ts';
import { salvageSegment } from './salvage.ts';

export interface RepairedFile {
  readonly path: string;
  /** What was wrong with it. */
  readonly what: string;
  /** Name of the file that it is kept as; null where there was none. */
  readonly aside: string | null;
}

/** Records of one partition, or of a stream of `walka/wal`, that are not there any more. */
export interface LostRange {
  readonly stream: number;
  /** Null where no topic has the stream. */
  readonly topic: string | null;
  readonly partition: number | null;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** The topic is compacted up to here: some of these records may have gone that way before. */
  readonly isCompacted: boolean;
}

export class SegmentsRepair implements SegmentsToRepair {
  readonly #folder: string;
  /** Damaged files by name, with what is wrong. */
  readonly #damaged: ReadonlyMap<string, string>;
  readonly #present: ReadonlySet<string>;
  readonly repaired: RepairedFile[] = [];
  readonly lost: LostRange[] = [];
  /** Of which some may be lost. */
  readonly #suspects: PublishedSegment[] = [];

  /** More is lost, and nobody knows what was in it: journal files, or segments that nothing names any more. */
  #isMoreLost: boolean;

  private constructor(
    folder: string,
    isJournalLost: boolean,
    present: ReadonlySet<string>,
    damaged: ReadonlyMap<string, string>,
  ) {
    this.#folder = folder;
    this.#isMoreLost = isJournalLost;
    this.#present = present;
    this.#damaged = damaged;
  }

  /** Reads all segments of a data directory whole. @throws errors of the system */
  static async look(dataDir: string, isJournalLost = false): Promise<SegmentsRepair> {
    const folder = join(dataDir, SEGMENTS_FOLDER);
    const all = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const names = all.filter((name) => segmentOfName(name) !== null);
    const damaged = new Map<string, string>();
    for (const name of names) {
      const { damage } = await inspectSegmentFile(nodeFiles, join(folder, name), null);
      const [first] = damage;
      if (first === undefined) continue;
      const more = damage.length === 1 ? '' : `, and ${damage.length - 1} more places`;
      damaged.set(name, `damaged at ${first.position}: ${first.what}${more}`);
    }
    return new SegmentsRepair(folder, isJournalLost, new Set(names), damaged);
  }

  /** True if one of these is damaged; what a merge left that was not finished mostly is, and nobody needs it. */
  hasDamagedOf(published: PublishedSegments): boolean {
    return published.segments.some(({ descriptor }) => this.#damaged.has(segmentFileName(descriptor)));
  }

  async change(published: PublishedSegments, clusterId: string): Promise<SegmentChange | null> {
    let { nextMerge } = published;
    await this.#removeStrangers(published);
    if (published.convertedTo === 0 && this.#present.size > 0) this.#isMoreLost = true;
    const add: PublishedSegment[] = [];
    const remove: string[] = [];
    for (const segment of published.segments) {
      const name = segmentFileName(segment.descriptor);
      const what = this.#present.has(name) ? this.#damaged.get(name) : 'missing';
      if (what === undefined) continue;
      const aside = this.#present.has(name) ? await this.#keepAside(name) : null;
      remove.push(name);
      this.#suspects.push(segment);
      this.repaired.push({ path: join(this.#folder, name), what, aside });
      if (aside === null) continue;
      const context = { files: nodeFiles, clock: systemClock, random: systemRandom, folder: this.#folder, clusterId };
      const copies = await salvageSegment(context, segment, join(this.#folder, name), nextMerge++);
      for (const descriptor of copies) add.push({ ...segment, descriptor });
    }
    return remove.length === 0 ? null : { ...published, nextMerge, add, remove, forget: [] };
  }

  /** Has the journal know what is missing, stream by stream. */
  async settle(engine: Engine, rows: readonly StoredRow[]): Promise<void> {
    if (this.#suspects.length === 0 && !this.#isMoreLost) return;
    const name = namesOf(rows);
    const streams = [...engine.streamIds()].sort((a, b) => a - b);
    for (const stream of streams) {
      if (!this.#isMoreLost && !this.#suspects.some(({ descriptor }) => isWithin(descriptor, stream))) continue;
      const gaps = await engine.giveUpMissing(stream);
      // The catalog's own is written anew.
      if (stream < 0) continue;
      for (const gap of gaps) if (this.#isOfSuspect(stream, gap)) this.lost.push({ stream, ...name(stream), ...gap });
      const { logStartOffset, logEndOffset } = engine.state(stream);
      const isAtEnd = gaps.at(-1)?.to === logEndOffset && logStartOffset < logEndOffset;
      if (isAtEnd && !rowsHoldStreams(rows)) await appendEmpty(engine, stream, logEndOffset);
    }
  }

  /** Some of the gap may have been in a file that was lost or damaged. */
  #isOfSuspect(stream: number, gap: { readonly from: number; readonly to: number }): boolean {
    if (this.#isMoreLost) return true;
    return this.#suspects.some(({ descriptor }) => {
      if (!isWithin(descriptor, stream)) return false;
      const { firstStream, firstOffset, lastStream, endOffset } = descriptor;
      return !(stream === firstStream && gap.to <= firstOffset) && !(stream === lastStream && gap.from >= endOffset);
    });
  }

  /**
   * Files that a start would refuse as none of this directory; and those of merges that were not published, whose names
   * are given out again.
   */
  async #removeStrangers({ segments, dropped, nextMerge }: PublishedSegments): Promise<void> {
    const known = new Set([...segments.map(({ descriptor }) => segmentFileName(descriptor)), ...dropped]);
    for (const name of this.#present) {
      if (known.has(name)) continue;
      const aside = await freeName(this.#folder, `${name}.broken`);
      await rename(join(this.#folder, name), aside);
      const isLeftover = (segmentOfName(name)?.mergeId ?? 0) >= nextMerge;
      const what = isLeftover ? 'of a merge that was not finished' : 'not known to the catalog';
      this.repaired.push({ path: join(this.#folder, name), what, aside: basename(aside) });
    }
    await nodeFiles.syncDirectory(this.#folder).catch(() => undefined);
  }

  /** Gives the file a second name, under which it stays. */
  async #keepAside(name: string): Promise<string> {
    const path = join(this.#folder, name);
    const aside = await freeName(this.#folder, `${name}.broken`);
    // Some file systems have no second names.
    await link(path, aside).catch(() => copyFile(path, aside));
    await nodeFiles.syncDirectory(this.#folder);
    return basename(aside);
  }
}

function isWithin({ firstStream, lastStream }: PublishedSegment['descriptor'], stream: number): boolean {
  return firstStream <= stream && stream <= lastStream;
}

/** Says which partition a stream is. */
function namesOf(rows: readonly StoredRow[]): (stream: number) => Pick<LostRange, 'topic' | 'partition'> {
  const runs: Array<PartitionRun & { readonly topic: string }> = [];
  for (const [kind, key, text] of rows) {
    if (kind === 'topic') for (const run of decodeTopic(key, text).runs) runs.push({ ...run, topic: key });
  }
  return (stream) => {
    const run = runs.find(({ firstStream, count }) => firstStream <= stream && stream < firstStream + count);
    if (run === undefined) return { topic: null, partition: null };
    return { topic: run.topic, partition: run.firstIndex + stream - run.firstStream };
  };
}

/**
 * Takes one offset behind a gap at a stream's end: readers go on behind what is lost when they come to a batch, and there
 * would be none. It has no records, like those that compaction leaves.
 */
async function appendEmpty(engine: Engine, stream: number, baseOffset: number): Promise<void> {
  const leaderEpoch = (await engine.leaderEpochs(stream)).at(-1)?.leaderEpoch ?? 0;
  const bytes = buildBatch([], { baseOffset, leaderEpoch }).subarray(0, BATCH_OVERHEAD);
  bytes.writeInt32BE(0, BatchField.LAST_OFFSET_DELTA);
  patchCrc(bytes, 0);
  await new Promise<void>((resolve, reject) => {
    engine.append({
      stream,
      baseOffset,
      offsetCount: 1,
      leaderEpoch,
      maxTimestampMs: -1,
      payload: plainSlice(bytes),
      durability: 'fsync',
      onCommit: (error) => (error === null ? resolve() : reject(error)),
    });
  });
}
