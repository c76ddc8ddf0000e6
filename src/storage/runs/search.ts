/** Searches through a stream's runs: by timestamp, by leader epoch, by size; and the scan of all batch headers. */
import type { Directory } from '../directory.ts';
import { isDropped, StorageError } from '../types.ts';
import type { BatchLocation, EpochStart, StreamId } from '../types.ts';
import type { Locator } from './locate.ts';
import type { BatchCursor } from './run-source.ts';
import type { OffsetRange, RunVisitor } from './walk.ts';
import { walkRuns } from './walk.ts';

/** Attempts at a search of what is dropped all the time. */
const MAX_SEARCHES = 10;

/** Offsets without a batch. */
export interface Gap {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

export class Search {
  readonly #directory: Directory;
  readonly #locator: Locator;

  constructor(directory: Directory, locator: Locator) {
    this.#directory = directory;
    this.#locator = locator;
  }

  /** See LogEngine.findByTimestamp. */
  findByTimestamp(
    stream: StreamId,
    timestampMs: number,
    fromOffset: number,
    endOffset: number,
  ): Promise<BatchLocation | null> {
    return searched(() => this.#byTimestamp(stream, timestampMs, fromOffset, endOffset));
  }

  async #byTimestamp(
    stream: StreamId,
    timestampMs: number,
    fromOffset: number,
    endOffset: number,
  ): Promise<BatchLocation | null> {
    const range = this.#range(stream, fromOffset, endOffset);
    let found: BatchLocation | null = null;
    await this.#walk(range, async (cursor) => {
      if (cursor.runMaxTimestampMs < timestampMs) return false;
      found = await firstFrom(cursor, range.end, timestampMs);
      return found !== null;
    });
    return found;
  }

  /** See LogEngine.findMaxTimestamp. */
  findMaxTimestamp(stream: StreamId, endOffset: number): Promise<BatchLocation | null> {
    return searched(() => this.#maxTimestamp(stream, endOffset));
  }

  async #maxTimestamp(stream: StreamId, endOffset: number): Promise<BatchLocation | null> {
    const range = this.#range(stream, 0, endOffset);
    let best: BatchCursor | null = null;
    let bestMs = Number.NEGATIVE_INFINITY;
    try {
      await this.#walk(range, async (cursor) => {
        const start = cursor.copy();
        const isWhole = cursor.runBaseOffset >= range.from && cursor.runEndOffset <= range.end;
        const maxMs = isWhole ? cursor.runMaxTimestampMs : await largestTimestamp(cursor, range.end);
        if (maxMs <= bestMs) return false;
        start.source.retain();
        best?.source.release();
        best = start;
        bestMs = maxMs;
        return false;
      });
      return best === null ? null : await firstFrom(best, range.end, bestMs);
    } finally {
      (best as BatchCursor | null)?.source.release();
    }
  }

  /** See LogEngine.leaderEpochs. */
  async leaderEpochs(stream: StreamId): Promise<readonly EpochStart[]> {
    const range = this.#range(stream, 0, Number.MAX_SAFE_INTEGER);
    const starts: EpochStart[] = [];
    await this.#walk(range, ({ leaderEpoch, baseOffset }) => {
      if (starts.at(-1)?.leaderEpoch !== leaderEpoch) {
        starts.push({ leaderEpoch, startOffset: Math.max(baseOffset, range.from) });
      }
      return false;
    });
    return starts;
  }

  /** See LogEngine.scanHeaders. */
  async scanHeaders(stream: StreamId, fromOffset: number, visit: (header: Buffer) => void): Promise<void> {
    const range = this.#range(stream, fromOffset, Number.MAX_SAFE_INTEGER);
    await this.#walk(range, async (cursor) => {
      await cursor.loadHeaders();
      do {
        const header = cursor.header();
        if (header !== null) visit(header);
      } while (cursor.nextInRun());
      return false;
    });
  }

  /**
   * Ranges of offsets without a batch, from the log start to the end of what is written, ascending; but for what compaction
   * left out within a run.
   */
  async gaps(stream: StreamId): Promise<Gap[]> {
    const range = this.#range(stream, 0, Number.MAX_SAFE_INTEGER);
    const gaps: Gap[] = [];
    let at = range.from;
    await this.#walk(range, ({ baseOffset, runEndOffset }) => {
      if (baseOffset > at) gaps.push({ from: at, to: baseOffset });
      at = runEndOffset;
      return false;
    });
    if (at < range.end) gaps.push({ from: at, to: range.end });
    return gaps;
  }

  /** Payload bytes of the batches that end after `from` and at or before `to`, journaled ones only. */
  async bytesBetween(stream: StreamId, from: number, to: number): Promise<number> {
    let byteLength = 0;
    await this.#walk({ stream, from, end: to }, (cursor) => {
      byteLength += bytesUpTo(cursor, to);
      return false;
    });
    return byteLength;
  }

  #walk(range: OffsetRange, visit: RunVisitor): Promise<void> {
    return walkRuns(this.#locator, range, visit);
  }

  #range(stream: StreamId, from: number, end: number): OffsetRange {
    const row = this.#directory.find(stream);
    if (row < 0) throw new StorageError('NOT_FOUND', `No stream ${stream}`);
    return {
      stream,
      from: Math.max(from, this.#directory.logStart.get(row)),
      end: Math.min(end, this.#directory.writtenEnd.get(row)),
    };
  }
}

/** Searches once more where records were dropped meanwhile to make room in memory: the log starts behind them then. */
async function searched<T>(search: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await search();
    } catch (error) {
      if (!isDropped(error) || attempt === MAX_SEARCHES) throw error;
    }
  }
}

/** Bytes of the batches of the run from the cursor on that end at or before `endOffset`. Moves the cursor. */
function bytesUpTo(cursor: BatchCursor, endOffset: number): number {
  if (cursor.baseOffset === cursor.runBaseOffset && cursor.runEndOffset <= endOffset) return cursor.runByteLength;
  let byteLength = 0;
  do {
    if (cursor.endOffset > endOffset) break;
    byteLength += cursor.byteLength;
  } while (cursor.nextInRun());
  return byteLength;
}

/**
 * The first batch of the run, from the cursor on, that ends at or before `endOffset` and whose largest timestamp is
 * `timestampMs` or later; or null. Moves the cursor.
 */
async function firstFrom(cursor: BatchCursor, endOffset: number, timestampMs: number): Promise<BatchLocation | null> {
  await cursor.loadTimestamps();
  do {
    if (cursor.endOffset > endOffset) break;
    const maxTimestampMs = cursor.maxTimestampMs();
    if (maxTimestampMs < timestampMs) continue;
    const { baseOffset, leaderEpoch } = cursor;
    return { baseOffset, endOffset: cursor.endOffset, maxTimestampMs, leaderEpoch, bytes: await cursor.batch() };
  } while (cursor.nextInRun());
  return null;
}

/** Largest timestamp among the batches of the run, from the cursor on, that end at or before `endOffset`; else -Infinity. */
async function largestTimestamp(cursor: BatchCursor, endOffset: number): Promise<number> {
  let largestMs = Number.NEGATIVE_INFINITY;
  await cursor.loadTimestamps();
  do {
    if (cursor.endOffset > endOffset) break;
    largestMs = Math.max(largestMs, cursor.maxTimestampMs());
  } while (cursor.nextInRun());
  return largestMs;
}
