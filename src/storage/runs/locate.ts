/**
 * Finds where an offset of a stream lies: which file, which run. Works on the indexes in memory; when one is needed
 * that is not, the attempt names the file, the index is loaded and the attempt made again.
 */
import type { Directory } from '../directory.ts';
import type { FileIndex } from '../index/file-index.ts';
import type { FileTable } from './file-table.ts';
import type { JournalFile } from '../index/journal-file.ts';
import type { StreamId } from '../types.ts';

/** A run in a file. */
export interface Place {
  readonly file: JournalFile;
  readonly index: FileIndex;
  readonly run: number;
}

/** An attempt could not go on without the index of this file. */
export class NeedsIndex {
  readonly file: JournalFile;
  constructor(file: JournalFile) {
    this.file = file;
  }
}

/** Indexes that an operation holds while it runs, so that the budget cannot take them away under it. */
export type Pins = Map<JournalFile, FileIndex>;

/** Hints kept; beyond this all are dropped. */
const MAX_HINTS = 4096;

export class Locator {
  readonly #files: FileTable;
  readonly #directory: Directory;
  /** Sequence of the sealed file in which a stream was last read: readers go on where they were. */
  readonly #hints = new Map<StreamId, number>();

  constructor(files: FileTable, directory: Directory) {
    this.#files = files;
    this.#directory = directory;
  }

  /** The index of a file if it is at hand. */
  indexOf(file: JournalFile, pins: Pins | null): FileIndex | NeedsIndex {
    const index = pins?.get(file) ?? file.index;
    if (index === null) return new NeedsIndex(file);
    this.#files.touchIndex(file);
    return index;
  }

  /** The run that holds `offset`, or the first one after it; null when there is none. */
  find(stream: StreamId, offset: number, pins: Pins | null): Place | NeedsIndex | null {
    const { list } = this.#files;
    const end = this.#endOf(stream);
    const active = end < list.length ? undefined : list[end - 1];
    let inActive: Place | null = null;
    if (active !== undefined) {
      const found = this.#runIn(active, stream, offset, pins);
      if (found instanceof NeedsIndex) return found;
      if (found !== null && (found.index.runs.baseOffset[found.run] as number) <= offset) return found;
      inActive = found;
    }
    const sealed = this.#findSealed(stream, offset, Math.min(end, list.length - 1), pins);
    if (sealed instanceof NeedsIndex) return sealed;
    return sealed ?? inActive;
  }

  /** The stream's first run in a file behind `file`; null when there is none. */
  after(file: JournalFile, stream: StreamId, pins: Pins | null): Place | NeedsIndex | null {
    const { list } = this.#files;
    const end = this.#endOf(stream);
    for (let at = this.#files.indexOf(file.sequence + 1); at < end; at++) {
      const place = this.#runIn(list[at] as JournalFile, stream, 0, pins);
      if (place !== null) {
        if (place instanceof NeedsIndex || at < list.length - 1) this.#hint(stream, (list[at] as JournalFile).sequence);
        return place;
      }
    }
    return null;
  }

  forget(stream: StreamId): void {
    this.#hints.delete(stream);
  }

  /** Row of the first file behind the stream's newest: an idle stream's readers load no index that came after it. */
  #endOf(stream: StreamId): number {
    const row = this.#directory.find(stream);
    return row < 0 ? 0 : this.#files.indexOf((this.#directory.newestFile[row] as number) + 1);
  }

  #runIn(file: JournalFile, stream: StreamId, offset: number, pins: Pins | null): Place | NeedsIndex | null {
    const index = this.indexOf(file, pins);
    if (index instanceof NeedsIndex) return index;
    const run = index.find(stream, offset);
    return run < 0 ? null : { file, index, run };
  }

  /** Binary search over the sealed files before `end`, stepping over those without the stream; starts at the last read. */
  #findSealed(stream: StreamId, offset: number, end: number, pins: Pins | null): Place | NeedsIndex | null {
    const { list } = this.#files;
    let low = 0;
    let high = end;
    let probe = this.#files.indexOf(this.#hints.get(stream) ?? -1);
    if (!this.#hints.has(stream) || probe >= high) probe = (low + high) >>> 1;
    let best: Place | null = null;
    while (low < high) {
      // From the probe on, the first file that has the stream decides which way to go.
      let at = probe;
      let streamEnd = -1;
      let index: FileIndex | null = null;
      for (; at < high && streamEnd < 0; at++) {
        const found = this.indexOf(list[at] as JournalFile, pins);
        if (found instanceof NeedsIndex) return found;
        index = found;
        streamEnd = found.endOf(stream);
      }
      if (streamEnd < 0 || index === null) high = probe;
      else if (streamEnd <= offset) low = at;
      else {
        const run = index.find(stream, offset);
        best = { file: list[at - 1] as JournalFile, index, run };
        if ((index.runs.baseOffset[run] as number) <= offset) break;
        high = probe;
      }
      probe = (low + high) >>> 1;
    }
    if (best !== null) this.#hint(stream, best.file.sequence);
    return best;
  }

  #hint(stream: StreamId, sequence: number): void {
    if (this.#hints.size >= MAX_HINTS) this.#hints.clear();
    this.#hints.set(stream, sequence);
  }
}

/** Runs `attempt` until it needs no further index. */
export async function withIndexes<T>(
  files: FileTable,
  attempt: (pins: Pins) => T | NeedsIndex,
  pins: Pins = new Map(),
): Promise<T> {
  for (;;) {
    const result = attempt(pins);
    if (!(result instanceof NeedsIndex)) return result;
    pins.set(result.file, await files.loadIndex(result.file));
  }
}
