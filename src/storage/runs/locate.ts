/**
 * Finds where an offset of a stream lies: which source, which batch. Works on the indexes in memory; when one is needed
 * that is not, it is loaded and the attempt made again.
 */
import type { Directory } from '../directory.ts';
import type { StreamId } from '../types.ts';
import type { BatchCursor, Pins, RunSource } from './run-source.ts';
import { NeedsIndex } from './run-source.ts';
import type { SourceList } from './source-list.ts';

/** Hints kept; beyond this all are dropped. */
const MAX_HINTS = 4096;

export class Locator {
  readonly #sources: SourceList;
  readonly #directory: Directory;
  /** A sequence in the source, not the last, in which a stream was last read: readers go on where they were. */
  readonly #hints = new Map<StreamId, number>();

  constructor(sources: SourceList, directory: Directory) {
    this.#sources = sources;
    this.#directory = directory;
  }

  /** On the stream's first batch that ends after `offset`; null when there is none. */
  find(stream: StreamId, offset: number, pins: Pins | null): BatchCursor | NeedsIndex | null {
    const { all } = this.#sources;
    const end = this.#endOf(stream);
    const active = end < all.length ? undefined : all[end - 1];
    let inActive: BatchCursor | null = null;
    if (active !== undefined) {
      const found = active.find(stream, offset, pins);
      if (found instanceof NeedsIndex) return found;
      if (found !== null && found.baseOffset <= offset) return found;
      inActive = found;
    }
    const sealed = this.#findSealed(stream, offset, Math.min(end, all.length - 1), pins);
    if (sealed instanceof NeedsIndex) return sealed;
    return sealed ?? inActive;
  }

  /** On the stream's first batch behind the run of `cursor`, which is its last one here; null when there is none. */
  after(cursor: BatchCursor, pins: Pins | null): BatchCursor | NeedsIndex | null {
    const { all } = this.#sources;
    const { source, stream, runEndOffset, mayGoOn } = cursor;
    const end = this.#endOf(stream);
    // Another source may have come in the place of the cursor's, and may hold more.
    for (let row = this.#sources.rowOf(source.lastSequence); row < end; row++) {
      const next = all[row] as RunSource;
      if (next === source && !mayGoOn) continue;
      const found = next.find(stream, runEndOffset, pins);
      if (found === null) continue;
      if (found instanceof NeedsIndex || row < all.length - 1) this.#hint(stream, next.lastSequence);
      return found;
    }
    return null;
  }

  forget(stream: StreamId): void {
    this.#hints.delete(stream);
  }

  /** Row of the first source behind the stream's newest: an idle stream's readers load no index that came after it. */
  #endOf(stream: StreamId): number {
    const row = this.#directory.find(stream);
    return row < 0 ? 0 : this.#sources.rowBehind(this.#directory.newestFile.get(row));
  }

  /** Binary search over the sources before `end`, stepping over those without the stream; starts at the last read. */
  #findSealed(stream: StreamId, offset: number, end: number, pins: Pins | null): BatchCursor | NeedsIndex | null {
    const { all } = this.#sources;
    let low = 0;
    let high = end;
    const hint = this.#hints.get(stream);
    let probe = hint === undefined ? high : this.#sources.rowOf(hint);
    if (probe >= high) probe = (low + high) >>> 1;
    let best: BatchCursor | null = null;
    while (low < high) {
      // From the probe on, the first source that has the stream decides which way to go.
      let at = probe;
      let streamEnd = -1;
      for (; at < high && streamEnd < 0; at++) {
        const found = (all[at] as RunSource).endOf(stream, pins);
        if (found instanceof NeedsIndex) return found;
        streamEnd = found;
      }
      if (streamEnd < 0) high = probe;
      else if (streamEnd <= offset) low = at;
      else {
        const found = (all[at - 1] as RunSource).find(stream, offset, pins);
        if (found instanceof NeedsIndex) return found;
        best = found;
        if (found !== null && found.baseOffset <= offset) break;
        high = probe;
      }
      probe = (low + high) >>> 1;
    }
    if (best !== null) this.#hint(stream, best.source.lastSequence);
    return best;
  }

  #hint(stream: StreamId, sequence: number): void {
    if (this.#hints.size >= MAX_HINTS) this.#hints.clear();
    this.#hints.set(stream, sequence);
  }
}

/** Runs `attempt` until it needs no further index. */
export async function withIndexes<T>(attempt: (pins: Pins) => T | NeedsIndex, pins: Pins = new Map()): Promise<T> {
  for (;;) {
    const result = attempt(pins);
    if (!(result instanceof NeedsIndex)) return result;
    await result.load(pins);
  }
}
