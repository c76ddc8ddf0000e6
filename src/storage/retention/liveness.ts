/**
 * Whether anything in a source is still needed: live data of a stream, or a part of the catalog's copy that counts. The
 * search for a live range remembers where it stopped, so that every range of a source is looked at once.
 */
import type { Directory } from '../directory.ts';
import { withIndexes } from '../runs/locate.ts';
import type { RunSource } from '../runs/run-source.ts';
import { CATALOG_STREAM } from '../types.ts';

export class Liveness {
  /** Everything before this place in the source is dead; -1 when all is. */
  #place = 0;
  /** The stream found live there, and the end of its range. */
  #stream = 0;
  #endOffset = 0;
  /** End of what the source has of the catalog's copy; 0 when it has nothing, or that is not known yet. */
  #catalogEnd = 0;

  /**
   * True when no stream but the catalog's needs the source, to which nothing is added any more.
   * @throws StorageError CORRUPT, IO when the index that tells is not to be had
   */
  async isDead(source: RunSource, directory: Directory): Promise<boolean> {
    if (this.#place < 0) return true;
    // The stream found live last time still is: no need for the index.
    if (isLive(directory, this.#stream, this.#endOffset)) return false;
    const visit = (stream: number, _baseOffset: number, endOffset: number): boolean => {
      if (stream === CATALOG_STREAM) this.#catalogEnd = endOffset;
      else if (isLive(directory, stream, endOffset)) {
        this.#stream = stream;
        this.#endOffset = endOffset;
        return false;
      }
      return true;
    };
    this.#place = await withIndexes((pins) => source.visitRanges(this.#place, visit, pins));
    return this.#place < 0;
  }

  /** Whether a source that is dead otherwise has a part of the catalog's copy that counts. */
  holdsCatalog(directory: Directory): boolean {
    return isLive(directory, CATALOG_STREAM, this.#catalogEnd);
  }
}

/** True when the source being written, whose index is at hand, has nothing that a stream needs. */
export function isActiveDead(source: RunSource, directory: Directory): boolean {
  const visit = (stream: number, _baseOffset: number, endOffset: number): boolean =>
    stream === CATALOG_STREAM || !isLive(directory, stream, endOffset);
  return source.visitRanges(0, visit, null) === -1;
}

function isLive(directory: Directory, stream: number, endOffset: number): boolean {
  const row = directory.find(stream);
  return row >= 0 && endOffset > directory.journaledStart.get(row);
}
