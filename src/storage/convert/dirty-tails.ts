/**
 * The dirty part of each compacted stream, cut into virtual segments. Looked at from where the last look ended, so that a
 * look costs what was appended since; forgotten when there are too many, and then looked at anew.
 */
import { DirtySegments, segmentLimits } from '../compact/due.ts';
import type { Cleanable, CompactionPolicy } from '../compaction-types.ts';
import type { Directory } from '../directory.ts';
import type { Locator } from '../runs/locate.ts';
import { walkRuns } from '../runs/walk.ts';
import type { StreamId } from '../types.ts';

/** Streams of which the dirty part is remembered. */
const MAX_TAILS = 1000;

interface Tail {
  readonly firstDirtyOffset: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly segments: DirtySegments;
}

export class DirtyTails {
  readonly #directory: Directory;
  readonly #locator: Locator;
  /** Those looked at last come last. */
  readonly #tails = new Map<StreamId, Tail>();

  constructor(directory: Directory, locator: Locator) {
    this.#directory = directory;
    this.#locator = locator;
  }

  /** Where the stream's dirty part begins. */
  firstDirtyOffset(row: number): number {
    const { compactedEnd, journaledStart } = this.#directory;
    return Math.max(compactedEnd.get(row), journaledStart.get(row));
  }

  /** What could be compacted of the stream in `row`. @throws StorageError IO, CORRUPT when it cannot be read */
  async cleanable(row: number, policy: CompactionPolicy, stableOffset: number, nowMs: number): Promise<Cleanable> {
    const { stream: ids, writtenEnd, liveBytes } = this.#directory;
    const stream = ids.get(row);
    const tail = this.#tailOf(stream, this.firstDirtyOffset(row), policy);
    const { segments, firstDirtyOffset } = tail;
    const range = { stream, from: segments.end(firstDirtyOffset), end: writtenEnd.get(row) };
    await walkRuns(this.#locator, range, async (cursor) => {
      await cursor.loadTimestamps();
      const { runWrittenMs: writtenMs } = cursor;
      do {
        const { baseOffset, endOffset, byteLength } = cursor;
        segments.add({ baseOffset, endOffset, byteLength, maxTimestampMs: cursor.maxTimestampMs(), writtenMs });
      } while (cursor.nextInRun());
      return false;
    });
    const isSame = ids.get(row) === stream;
    const cleanBytes = isSame ? Math.max(0, liveBytes.get(row) - segments.byteLength) : 0;
    return segments.cleanable(policy, cleanBytes, stableOffset, nowMs);
  }

  forget(stream: StreamId): void {
    this.#tails.delete(stream);
  }

  #tailOf(stream: StreamId, firstDirtyOffset: number, policy: CompactionPolicy): Tail {
    const { segmentBytes, segmentMs } = segmentLimits(policy);
    const known = this.#tails.get(stream);
    this.#tails.delete(stream);
    const isValid =
      known?.firstDirtyOffset === firstDirtyOffset &&
      known.segmentBytes === segmentBytes &&
      known.segmentMs === segmentMs;
    const tail = isValid ? known : { firstDirtyOffset, segmentBytes, segmentMs, segments: new DirtySegments(policy) };
    this.#tails.set(stream, tail);
    for (const oldest of this.#tails.keys()) {
      if (this.#tails.size <= MAX_TAILS) break;
      this.#tails.delete(oldest);
    }
    return tail;
  }
}
