/** The aborted transactions whose markers are in one journal file, by stream: part of the file's index. */
import type { AbortedTransaction, StreamId } from '../types.ts';

/** Aborted transactions that a reader of some offsets must know. */
export class AbortSearch {
  readonly fromOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  readonly found: AbortedTransaction[] = [];
  /** The first marker at or after `fromOffset`, or -1 before there was one. */
  firstMarker = -1;
  /** Markers before this were looked at. */
  nextMarker: number;

  constructor(fromOffset: number, endOffset: number) {
    this.fromOffset = fromOffset;
    this.endOffset = endOffset;
    this.nextMarker = fromOffset;
  }

  /** A search that goes on where this one stands, and leaves no trace in it: for who may have to begin anew. */
  attempt(): AbortSearch {
    const attempt = new AbortSearch(this.nextMarker, this.endOffset);
    attempt.firstMarker = this.firstMarker;
    return attempt;
  }

  /** Takes what an attempt found. */
  take({ found, firstMarker, nextMarker }: AbortSearch): void {
    this.found.push(...found);
    this.firstMarker = firstMarker;
    this.nextMarker = nextMarker;
  }

  /** Takes the next one, in order of the markers, none before `nextMarker`; true when none behind it can matter. */
  add(aborted: AbortedTransaction): boolean {
    if (this.firstMarker < 0) this.firstMarker = aborted.lastOffset;
    this.nextMarker = aborted.lastOffset + 1;
    if (aborted.firstOffset < this.endOffset) this.found.push(aborted);
    // All that began before the end had ended by then.
    return aborted.lastStableOffset >= this.endOffset;
  }
}

export interface AbortIndex {
  readonly count: number;
  /** Has the search take the stream's, as far as they matter; true when none in later files can matter. */
  search(stream: StreamId, search: AbortSearch): boolean;
}

/** Of the file being written. */
export class ActiveAborts implements AbortIndex {
  readonly #byStream = new Map<StreamId, AbortedTransaction[]>();
  count = 0;

  add(stream: StreamId, aborted: AbortedTransaction): void {
    this.count += 1;
    const ofStream = this.#byStream.get(stream);
    if (ofStream === undefined) this.#byStream.set(stream, [aborted]);
    else ofStream.push(aborted);
  }

  search(stream: StreamId, search: AbortSearch): boolean {
    const ofStream = this.#byStream.get(stream) ?? [];
    const first = firstAtOrAfter(ofStream.length, (row) => (ofStream[row] as AbortedTransaction).lastOffset, search);
    for (let row = first; row < ofStream.length; row++) {
      if (search.add(ofStream[row] as AbortedTransaction)) return true;
    }
    return false;
  }

  /** All, by stream, then in order of their markers. */
  *sorted(): Generator<readonly [StreamId, AbortedTransaction], void, undefined> {
    const streams = [...this.#byStream.keys()].sort((a, b) => a - b);
    for (const stream of streams) {
      for (const aborted of this.#byStream.get(stream) ?? []) yield [stream, aborted];
    }
  }
}

/** Columns of a sealed file's, sorted by stream and marker. */
export interface AbortColumns {
  readonly stream: Float64Array;
  readonly firstOffset: Float64Array;
  readonly lastOffset: Float64Array;
  readonly lastStableOffset: Float64Array;
  readonly producerId: BigInt64Array;
}

export class SealedAborts implements AbortIndex {
  readonly #columns: AbortColumns;

  constructor(columns: AbortColumns) {
    this.#columns = columns;
  }

  get count(): number {
    return this.#columns.stream.length;
  }

  search(stream: StreamId, search: AbortSearch): boolean {
    const { stream: streams, firstOffset, lastOffset, lastStableOffset, producerId } = this.#columns;
    const place = (row: number): number => {
      const at = streams[row] as number;
      if (at === stream) return lastOffset[row] as number;
      return at < stream ? -Infinity : Infinity;
    };
    for (let row = firstAtOrAfter(this.count, place, search); row < this.count && streams[row] === stream; row++) {
      const aborted = {
        producerId: producerId[row] as bigint,
        firstOffset: firstOffset[row] as number,
        lastOffset: lastOffset[row] as number,
        lastStableOffset: lastStableOffset[row] as number,
      };
      if (search.add(aborted)) return true;
    }
    return false;
  }
}

/** The first row whose marker was not looked at. */
function firstAtOrAfter(count: number, lastOffset: (row: number) => number, { nextMarker }: AbortSearch): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (lastOffset(middle) < nextMarker) low = middle + 1;
    else high = middle;
  }
  return low;
}
