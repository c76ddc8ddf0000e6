/**
 * Whether anything in a source is still needed: live data of a stream, or a part of the catalog's copy that counts. The
 * search for a live range remembers where it stopped, so that every range of a source is looked at once.
 */
import { turn } from '../../base/real-time.ts';
import type { Directory } from '../directory.ts';
import { withIndexes } from '../runs/locate.ts';
import type { NeedsIndex, Pins, RunSource } from '../runs/run-source.ts';
import { CATALOG_STREAM } from '../types.ts';

/** Ranges looked at in one go, some milliseconds; then others have their turn. */
const RANGES_AT_ONCE = 16 * 1024;

export class Liveness {
  /** Everything before this place in the source is dead; -1 when all is. */
  #place = 0;
  /** The stream found live there, and the end of its range. */
  #stream = 0;
  #endOffset = 0;
  /** End of what the source has of the catalog's copy; 0 when it has nothing, or that is not known yet. */
  #catalogEnd = 0;

  /**
   * True when no stream but the catalog's needs the source; what is added to it meanwhile may not have been looked at.
   * @throws StorageError CORRUPT, IO when the index that tells is not to be had
   */
  async isDead(source: RunSource, directory: Directory): Promise<boolean> {
    const pins: Pins = new Map();
    source.retain();
    try {
      // The stream found live last time mostly still is: no need for the index.
      for (let looks = 0; this.#place >= 0 && !isLive(directory, this.#stream, this.#endOffset); looks++) {
        if (looks > 0) await turn();
        this.#place = await withIndexes((held) => this.#look(source, directory, held), pins);
      }
      return this.#place < 0;
    } finally {
      source.release();
    }
  }

  /** Goes on as far as one turn may; gives the place where that stopped. */
  #look(source: RunSource, directory: Directory, pins: Pins): number | NeedsIndex {
    let left = RANGES_AT_ONCE;
    const visit = (stream: number, _baseOffset: number, endOffset: number): boolean => {
      if (left === 0) return false;
      left -= 1;
      if (stream === CATALOG_STREAM) this.#catalogEnd = endOffset;
      else if (isLive(directory, stream, endOffset)) {
        this.#stream = stream;
        this.#endOffset = endOffset;
        return false;
      }
      return true;
    };
    return source.visitRanges(this.#place, visit, pins);
  }

  /** Whether a source that is dead otherwise has a part of the catalog's copy that counts. */
  holdsCatalog(directory: Directory): boolean {
    return isLive(directory, CATALOG_STREAM, this.#catalogEnd);
  }
}

function isLive(directory: Directory, stream: number, endOffset: number): boolean {
  const row = directory.find(stream);
  return row >= 0 && endOffset > directory.journaledStart.get(row);
}
