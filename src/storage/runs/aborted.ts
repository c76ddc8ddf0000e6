/**
 * Finds the aborted transactions that a reader must know, in however many sources their markers are. Those without any, and
 * streams whose newest one lies before, cost nothing; and where a stream has none for long, its readers remember in which
 * source the next one is.
 */
import { AbortSearch } from '../index/abort-index.ts';
import type { Directory } from '../directory.ts';
import { StorageError } from '../types.ts';
import type { AbortedTransaction, StreamId } from '../types.ts';
import type { Locator } from './locate.ts';
import { withIndexes } from './locate.ts';
import type { Pins, RunSource } from './run-source.ts';
import { NeedsIndex } from './run-source.ts';
import type { SourceList } from './source-list.ts';

const NONE: readonly AbortedTransaction[] = [];

/** Streams of which a stretch without aborts is remembered; beyond this all are forgotten. */
const MAX_QUIET = 4096;

/** No marker of an aborted transaction lies in [from, until), and the one at `until` in the source that covers the sequence. */
interface Quiet {
  readonly from: number;
  readonly until: number;
  readonly sequence: number;
}

/** A search, and a sequence of the source it has come to; 0 before that is known. */
interface Walk {
  readonly stream: StreamId;
  readonly search: AbortSearch;
  sequence: number;
}

export class AbortedTransactions {
  readonly #sources: SourceList;
  readonly #directory: Directory;
  readonly #locator: Locator;
  readonly #quiet = new Map<StreamId, Quiet>();

  constructor(sources: SourceList, directory: Directory, locator: Locator) {
    this.#sources = sources;
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
    if (this.#directory.newestAbortEnd.get(row) <= fromOffset) return NONE;
    const walk = { stream, search: new AbortSearch(fromOffset, endOffset), sequence: this.#start(stream, fromOffset) };
    return walk.sequence > 0 && this.#goOn(walk, null) === null ? walk.search.found : this.#load(walk);
  }

  forget(stream: StreamId): void {
    this.#quiet.delete(stream);
  }

  /** A sequence of the source in which the search begins, or 0 when an index must be loaded to tell. */
  #start(stream: StreamId, fromOffset: number): number {
    const quiet = this.#quiet.get(stream);
    if (quiet !== undefined && quiet.from <= fromOffset && fromOffset <= quiet.until) return quiet.sequence;
    const found = this.#locator.find(stream, fromOffset, null);
    return found === null || found instanceof NeedsIndex ? 0 : found.source.lastSequence;
  }

  /** Goes on where the walk lacks an index. */
  async #load(walk: Walk): Promise<readonly AbortedTransaction[]> {
    const { stream, search } = walk;
    const pins: Pins = new Map();
    if (walk.sequence === 0) {
      const found = await withIndexes((held) => this.#locator.find(stream, search.fromOffset, held), pins);
      if (found === null) return NONE;
      walk.sequence = found.source.lastSequence;
    }
    for (let before = walk.sequence; ; before = walk.sequence) {
      const needed = this.#goOn(walk, pins);
      if (needed === null) return search.found;
      if (walk.sequence !== before) pins.clear(); // those of one source at a time
      await needed.load(pins);
    }
  }

  /** Searches source by source from where the walk stands; gives the index that must be loaded for it to go on. */
  #goOn(walk: Walk, pins: Pins | null): NeedsIndex | null {
    const { all } = this.#sources;
    const { stream, search } = walk;
    const row = this.#directory.find(stream);
    const end = row < 0 ? 0 : this.#sources.rowBehind(this.#directory.newestFile.get(row));
    for (let at = this.#sources.rowOf(walk.sequence); at < end; at++) {
      const source = all[at] as RunSource;
      walk.sequence = source.lastSequence;
      if (!source.hasAborts) continue;
      const isFirst = search.firstMarker < 0;
      const result = source.searchAborts(stream, search, pins);
      if (result instanceof NeedsIndex) return result;
      if (isFirst && search.firstMarker >= 0) this.#remember(stream, search, source);
      if (result) return null;
    }
    return null;
  }

  #remember(stream: StreamId, { fromOffset, firstMarker }: AbortSearch, { lastSequence }: RunSource): void {
    if (this.#quiet.size >= MAX_QUIET) this.#quiet.clear();
    this.#quiet.set(stream, { from: fromOffset, until: firstMarker, sequence: lastSequence });
  }
}
