/** How much of a source is still needed. */
import type { Directory } from '../directory.ts';
import { NeedsIndex, type Pins, type RunSource } from '../runs/run-source.ts';

/** Ranges looked at in one go; then others have their turn. */
const RANGES_AT_ONCE = 16 * 1024;

export interface SourceFigures {
  /** Streams refer to none of its batches, not even to one without bytes. */
  readonly isDead: boolean;
  /** Bytes of batches that streams still refer to. */
  readonly liveBytes: number;
  /** Bytes of the other batches in ranges of which a part is live: what lies before a log start. */
  readonly cutBytes: number;
  /** Ranges of streams, live or not. */
  readonly ranges: number;
}

/** Adds up what the visits of ranges show; those of an attempt that lacked an index count once it is repeated. */
class RangeSum {
  readonly #directory: Directory;
  liveBytes = 0;
  cutBytes = 0;
  ranges = 0;
  isDead = true;
  /** Visited since the place where the attempt began; those of an earlier one are not counted again. */
  #inAttempt = 0;
  #counted = 0;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  /** Goes on at a new place, or once more at the one before. */
  begin(isNewPlace: boolean): void {
    this.#inAttempt = 0;
    if (isNewPlace) this.#counted = 0;
  }

  readonly visit = (stream: number, baseOffset: number, endOffset: number, byteLength: number): boolean => {
    if (this.#inAttempt === RANGES_AT_ONCE) return false;
    this.#inAttempt += 1;
    if (this.#inAttempt <= this.#counted) return true;
    this.#counted += 1;
    this.ranges += 1;
    const row = this.#directory.find(stream);
    const start = row < 0 ? endOffset : Math.max(baseOffset, this.#directory.journaledStart.get(row));
    if (start >= endOffset) return true;
    this.isDead = false;
    // Where a log start lies within a range, its share by offsets counts.
    const live = (byteLength * (endOffset - start)) / (endOffset - baseOffset);
    this.liveBytes += live;
    this.cutBytes += byteLength - live;
    return true;
  };
}

/**
 * Looks at all ranges of a source to which nothing is added any more.
 * @param pause waits until others had their turn
 * @throws StorageError CORRUPT, IO when the index is not to be had
 */
export async function lookAt(
  source: RunSource,
  directory: Directory,
  pause: () => Promise<void>,
): Promise<SourceFigures> {
  const sum = new RangeSum(directory);
  const pins: Pins = new Map();
  source.retain();
  try {
    let from = 0;
    sum.begin(true);
    while (from >= 0) {
      const stopped = source.visitRanges(from, sum.visit, pins);
      const isNewPlace = !(stopped instanceof NeedsIndex);
      if (stopped instanceof NeedsIndex) await stopped.load(pins);
      else {
        from = stopped;
        pins.clear();
        if (from >= 0) await pause();
      }
      sum.begin(isNewPlace);
    }
  } finally {
    source.release();
  }
  const { isDead, liveBytes, cutBytes, ranges } = sum;
  return { isDead, liveBytes, cutBytes, ranges };
}
