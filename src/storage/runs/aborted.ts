/**
 * Finds the aborted transactions that a reader must know, in however many files their markers are. Files without any, and
 * streams whose newest one lies before, cost nothing; and where a stream has none for long, its readers remember in which
 * file the next one is.
 */
import { AbortSearch } from '../index/abort-index.ts';
import type { Directory } from '../directory.ts';
import type { FileTable } from './file-table.ts';
import type { JournalFile } from '../index/journal-file.ts';
import type { Locator } from './locate.ts';
import { NeedsIndex, withIndexes } from './locate.ts';
import { StorageError } from '../types.ts';
import type { AbortedTransaction, StreamId } from '../types.ts';

const NONE: readonly AbortedTransaction[] = [];

/** Streams of which a stretch without aborts is remembered; beyond this all are forgotten. */
const MAX_QUIET = 4096;

/** No marker of an aborted transaction lies in [from, until), and the one at `until` in the file. */
interface Quiet {
  readonly from: number;
  readonly until: number;
  readonly sequence: number;
}

/** A search, and the file it has come to; 0 before that is known. */
interface Walk {
  readonly stream: StreamId;
  readonly search: AbortSearch;
  sequence: number;
}

export class AbortedTransactions {
  readonly #files: FileTable;
  readonly #directory: Directory;
  readonly #locator: Locator;
  readonly #quiet = new Map<StreamId, Quiet>();

  constructor(files: FileTable, directory: Directory, locator: Locator) {
    this.#files = files;
    this.#directory = directory;
    this.#locator = locator;
  }

  /** See LogEngine.abortedTransactions. */
  find(
    stream: StreamId,
    fromOffset: number,
    endOffset: number,
  ): readonly AbortedTransaction[] | Promise<readonly AbortedTransaction[]> {
    const row = this.#directory.find(stream);
    if (row < 0) throw new StorageError('NOT_FOUND', `No stream ${stream}`);
    if ((this.#directory.newestAbortEnd[row] as number) <= fromOffset) return NONE;
    const walk = { stream, search: new AbortSearch(fromOffset, endOffset), sequence: this.#start(stream, fromOffset) };
    return walk.sequence > 0 && this.#goOn(walk) === null ? walk.search.found : this.#load(walk);
  }

  forget(stream: StreamId): void {
    this.#quiet.delete(stream);
  }

  /** The file in which the search begins, or 0 when an index must be loaded to tell. */
  #start(stream: StreamId, fromOffset: number): number {
    const quiet = this.#quiet.get(stream);
    if (quiet !== undefined && quiet.from <= fromOffset && fromOffset <= quiet.until) return quiet.sequence;
    const place = this.#locator.find(stream, fromOffset, null);
    return place === null || place instanceof NeedsIndex ? 0 : place.file.sequence;
  }

  /** Goes on where the walk lacks an index. */
  async #load(walk: Walk): Promise<readonly AbortedTransaction[]> {
    const { stream, search } = walk;
    if (walk.sequence === 0) {
      const place = await withIndexes(this.#files, (pins) => this.#locator.find(stream, search.fromOffset, pins));
      if (place === null) return NONE;
      walk.sequence = place.file.sequence;
    }
    for (let needed = this.#goOn(walk); needed !== null; needed = this.#goOn(walk)) {
      await this.#files.loadIndex(needed.file);
    }
    return search.found;
  }

  /** Searches file by file from where the walk stands; gives the file whose index must be loaded for it to go on. */
  #goOn(walk: Walk): NeedsIndex | null {
    const { list } = this.#files;
    const { stream, search } = walk;
    const row = this.#directory.find(stream);
    const newest = row < 0 ? -1 : (this.#directory.newestFile[row] as number);
    for (let at = this.#files.indexOf(walk.sequence); at < list.length; at++) {
      const file = list[at] as JournalFile;
      if (file.sequence > newest) return null;
      walk.sequence = file.sequence;
      if (!file.hasAborts) continue;
      const index = this.#locator.indexOf(file, null);
      if (index instanceof NeedsIndex) return index;
      const isFirst = search.firstMarker < 0;
      const isDone = index.aborts.search(stream, search);
      if (isFirst && search.firstMarker >= 0) this.#remember(stream, search, file);
      if (isDone) return null;
    }
    return null;
  }

  #remember(stream: StreamId, { fromOffset, firstMarker }: AbortSearch, { sequence }: JournalFile): void {
    if (this.#quiet.size >= MAX_QUIET) this.#quiet.clear();
    this.#quiet.set(stream, { from: fromOffset, until: firstMarker, sequence });
  }
}
