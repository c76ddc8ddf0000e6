/** A journal of random sources, and a plain list of the batches in them that says what readers must find. */
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { Random } from '../../src/base/random.ts';
import { Directory } from '../../src/storage/directory.ts';
import { Readers } from '../../src/storage/runs/readers.ts';
import type { RunSource } from '../../src/storage/runs/run-source.ts';
import { SourceList } from '../../src/storage/runs/source-list.ts';
import { textBatch } from './batches.ts';
import { MemorySource } from './memory-source.ts';
import { JournalFolder, type SourceBatch } from './run-sources.ts';

/**
 * Of which the sources are: all journal files; all in memory without entry headers and with holes; all but the last
 * segments, with holes; or some of each.
 */
export type SourceKind = 'journal' | 'memory' | 'segment' | 'mixed';

export const STREAMS = [1, 2, 3];

export interface WorldOptions {
  readonly kind: SourceKind;
  readonly sources: number;
  /** Batches in one source at most. */
  readonly batches: number;
  /** Time between two batches of a stream is less than twice this. */
  readonly stepMs: number;
  /** Batches in one run of a source in memory at most. */
  readonly runBatches: number;
}

/** What is known of a stream while it grows. */
class Growth {
  nextOffset = 0;
  leaderEpoch = 0;
  clockMs = 1_000_000;
  /** First offsets of open transactions, ascending. */
  readonly open: number[] = [];
}

export class SourceWorld {
  readonly directory = new Directory();
  readonly sources = new SourceList();
  readonly readers = new Readers(this.sources, this.directory, new ManualClock());
  /** All batches of each source, in order. */
  readonly contents = new Map<RunSource, readonly SourceBatch[]>();
  readonly #random: Random;
  readonly #options: WorldOptions;
  readonly #folder: JournalFolder;
  readonly #growth = new Map(STREAMS.map((stream) => [stream, new Growth()]));

  constructor(random: Random, options: WorldOptions) {
    this.#random = random;
    this.#options = options;
    this.#folder = new JournalFolder(random.int(2) === 0 ? 1 : 1_000_000);
    let sequence = 1 + random.int(3);
    for (let i = 1; i <= options.sources; i++) {
      const isLast = i === options.sources;
      const isFile = options.kind === 'journal' || (options.kind === 'mixed' && (isLast || random.int(2) === 0));
      const last = isFile || isLast ? sequence : sequence + random.int(4);
      const batches = this.#grow(options.kind !== 'journal');
      const source = isFile
        ? this.#folder.file(sequence, batches, !isLast)
        : this.#made([sequence, last], batches, !isLast);
      this.contents.set(source, batches);
      this.sources.push(source);
      sequence = last + 1 + (isFile ? 0 : random.int(2));
    }
    for (const stream of STREAMS) this.#enter(stream);
  }

  /** All batches of a stream, in order. */
  batches(stream: number): SourceBatch[] {
    return [...this.contents.values()].flat().filter((batch) => batch.stream === stream);
  }

  /** Those of which something lies in the range from the log start on. */
  live(stream: number, from = 0, end = Number.MAX_SAFE_INTEGER): SourceBatch[] {
    const start = Math.max(from, this.logStart(stream));
    return this.batches(stream).filter(({ baseOffset, endOffset }) => endOffset > start && baseOffset < end);
  }

  logStart(stream: number): number {
    return this.directory.logStart.get(this.directory.find(stream));
  }

  logEnd(stream: number): number {
    return this.directory.writtenEnd.get(this.directory.find(stream));
  }

  /** A segment, or a source in memory. */
  #made(interval: readonly [number, number], batches: readonly SourceBatch[], mayBeSegment: boolean): RunSource {
    const { kind } = this.#options;
    const isSegment = kind === 'segment' || (kind === 'mixed' && this.#random.int(2) === 0);
    if (mayBeSegment && isSegment && batches.length > 0) return this.#folder.segment(interval, batches, this.#random);
    return this.inMemory(interval, batches, mayBeSegment && this.#random.int(2) === 0);
  }

  inMemory(interval: readonly [number, number], batches: readonly SourceBatch[], needsLoading: boolean): MemorySource {
    const { runBatches } = this.#options;
    return new MemorySource(interval, batches, { runBatches, partBatches: 1 + this.#random.int(9), needsLoading });
  }

  /** Puts one source with the same batches in the place of a few that are not written any more. */
  merge(): void {
    const { all } = this.sources;
    const count = Math.min(1 + this.#random.int(3), all.length - 1);
    const row = this.#random.int(all.length - count);
    const merged = all.slice(row, row + count);
    const batches = merged.flatMap((source) => this.contents.get(source) as readonly SourceBatch[]);
    const interval = [(merged[0] as RunSource).firstSequence, (merged.at(-1) as RunSource).lastSequence] as const;
    const layer = this.#made(interval, batches, true);
    const rest = [...this.contents].filter(([source]) => !merged.includes(source));
    this.contents.clear();
    for (const [source, held] of [...rest.slice(0, row), [layer, batches] as const, ...rest.slice(row)]) {
      this.contents.set(source, held);
    }
    this.sources.replace(merged, layer);
  }

  /** Batches for one source; some streams may have none in it. */
  #grow(hasHoles: boolean): SourceBatch[] {
    const random = this.#random;
    const streams = STREAMS.filter(() => random.int(3) > 0);
    const batches: SourceBatch[] = [];
    for (let left = streams.length === 0 ? 0 : random.int(this.#options.batches + 1); left > 0; left--) {
      const stream = streams[random.int(streams.length)] as number;
      batches.push(this.#batch(stream));
      const growth = this.#growth.get(stream) as Growth;
      if (hasHoles && random.int(4) === 0) growth.nextOffset += 1 + random.int(10);
    }
    return batches;
  }

  #batch(stream: number): SourceBatch {
    const random = this.#random;
    const growth = this.#growth.get(stream) as Growth;
    const { open, nextOffset: baseOffset } = growth;
    const isAbort = open.length > 0 && random.int(5) === 0;
    const abortedFrom = isAbort ? (open.splice(random.int(open.length), 1)[0] as number) : -1;
    if (!isAbort && open.length < 4 && random.int(5) === 0) open.push(baseOffset);
    if (random.int(20) === 0) growth.leaderEpoch += 1 + random.int(2);
    const { stepMs } = this.#options;
    growth.clockMs += stepMs + random.int(stepMs);
    const records = isAbort ? 1 : 1 + random.int(4);
    const maxTimestampMs = random.int(12) === 0 ? -1 : growth.clockMs - (random.int(8) === 0 ? 5 * stepMs : 0);
    const { leaderEpoch } = growth;
    growth.nextOffset += records;
    return {
      stream,
      baseOffset,
      endOffset: growth.nextOffset,
      leaderEpoch,
      maxTimestampMs,
      writtenMs: growth.clockMs,
      bytes: textBatch(random, {
        baseOffset,
        records,
        leaderEpoch,
        maxTimestampMs,
        bodyBytes: random.int(300),
        seed: stream,
        ...(random.int(5) === 0 && { codec: 4 }),
      }),
      aborted: isAbort
        ? {
            producerId: BigInt(abortedFrom),
            firstOffset: abortedFrom,
            lastOffset: baseOffset,
            lastStableOffset: open[0] ?? growth.nextOffset,
          }
        : null,
    };
  }

  /** Fills the stream's row of the directory. */
  #enter(stream: number): void {
    const d = this.directory;
    const row = d.add(stream, 0);
    for (const [{ lastSequence }, batches] of this.contents) {
      for (const batch of batches) {
        if (batch.stream !== stream) continue;
        d.newestFile.set(row, lastSequence);
        d.writtenEnd.set(row, batch.endOffset);
        d.logEnd.set(row, batch.endOffset);
        if (batch.aborted !== null) d.newestAbortEnd.set(row, batch.endOffset);
      }
    }
    const isTrimmed = this.#random.int(3) === 0;
    const logStart = isTrimmed ? this.#random.int(d.logEnd.get(row) + 1) : 0;
    d.logStart.set(row, logStart);
    d.journaledStart.set(row, logStart);
    d.addLiveBytes(
      row,
      this.live(stream).reduce((sum, { bytes }) => sum + bytes.length, 0),
    );
  }
}
