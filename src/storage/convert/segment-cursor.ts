/** Goes through the batches of a layer's segment files in order of (stream, offset). */
import { recordsTimestamp } from '../format/batch.ts';
import type { SegmentDescriptor } from '../segment/descriptor.ts';
import { BLOCK_RECORDS } from '../segment/page-format.ts';
import type { IndexPage } from '../segment/page.ts';
import { isSoundBatch } from '../segment/paged-batch.ts';
import type { AbortedTransaction, StreamId } from '../types.ts';
import type { InputCursor, LiveStarts } from './input.ts';
import type { OpenSegment } from './segment-input.ts';
import { readBlock, readPage } from './segment-input.ts';
import type { MergedBatch, SegmentInput } from './types.ts';

const NOTHING = Buffer.alloc(0);

export class SegmentCursor implements InputCursor {
  readonly #segments: readonly OpenSegment[];
  stream = Number.POSITIVE_INFINITY;
  baseOffset = 0;
  endOffset = 0;
  readBytes = 0;
  /** Rows of where it stands. */
  #segment = 0;
  #row = 0;
  #page: IndexPage | null = null;
  #run = 0;
  #batch = 0;
  /** The block at hand. */
  #block = -1;
  #raw: Buffer = NOTHING;
  /** The next aborted transaction of the page. */
  #abort = 0;

  /** On the layer's first batch, or on the first one of `stream` that ends behind `fromOffset`. */
  constructor(segments: readonly OpenSegment[], stream = Number.NEGATIVE_INFINITY, fromOffset = 0) {
    this.#segments = segments;
    this.#find(stream, fromOffset);
  }

  get byteLength(): number {
    const page = this.#page as IndexPage;
    return page.byteLengthOf(this.#batch, page.blockOf(this.#run));
  }

  /** The file whose very first batch it stands on, or null. */
  get wholeSegment(): SegmentInput | null {
    const isFirst = this.#page !== null && this.#row === 0 && this.#batch === 0;
    return isFirst ? (this.#segments[this.#segment] as OpenSegment).input : null;
  }

  /** Behind the last batch of the file in which it stands. */
  skipSegment(): void {
    this.#enter(this.#segment + 1, 0);
  }

  close(): void {
    this.#raw = NOTHING;
  }

  next(): void {
    const page = this.#page as IndexPage;
    this.#batch += 1;
    if (this.#batch < page.pastBatch(this.#run)) this.#standOn();
    else if (this.#run + 1 < page.runCount) {
      this.#run += 1;
      this.#standOn();
    } else this.#enter(this.#segment, this.#row + 1);
  }

  batch(_live: LiveStarts): MergedBatch {
    const page = this.#page as IndexPage;
    const segment = this.#segments[this.#segment] as OpenSegment;
    const block = page.blockOf(this.#run);
    if (block !== this.#block) {
      this.#raw = readBlock(segment, page, block, this.stream);
      this.readBytes += page.blocks.storedBytes[block] as number;
      this.#block = block;
    }
    const start = page.startOf(this.#batch, block);
    const end = page.batches.end[this.#batch] as number;
    const isSound = isSoundBatch(this.#raw, start, page, this.#run, this.#batch);
    const place = { path: segment.input.path, position: page.blocks.position[block] as number, stream: this.stream };
    return {
      stream: this.stream,
      baseOffset: this.baseOffset,
      endOffset: this.endOffset,
      leaderEpoch: page.runs.leaderEpoch[this.#run] as number,
      maxTimestampMs: page.batches.maxTimestampMs?.[this.#batch] ?? this.#timestamp(start, isSound),
      writtenMs: page.runs.writtenMs[this.#run] as number,
      bytes: this.#raw.subarray(start, end),
      isRecordBatch: isSound && ((page.blocks.flags[block] as number) & BLOCK_RECORDS) !== 0,
      damage: isSound ? null : place,
    };
  }

  #timestamp(start: number, isSound: boolean): number {
    return isSound
      ? recordsTimestamp(this.#raw, start)
      : ((this.#page as IndexPage).runs.maxTimestampMs[this.#run] as number);
  }

  aborted(): AbortedTransaction | null {
    const { aborts } = this.#page as IndexPage;
    const { stream, lastOffset } = aborts;
    const isBefore = (row: number): boolean =>
      (stream[row] as number) < this.stream ||
      (stream[row] === this.stream && (lastOffset[row] as number) < this.baseOffset);
    while (this.#abort < stream.length && isBefore(this.#abort)) this.#abort += 1;
    const row = this.#abort;
    if (stream[row] !== this.stream || (lastOffset[row] as number) >= this.endOffset) return null;
    return {
      producerId: aborts.producerId[row] as bigint,
      firstOffset: aborts.firstOffset[row] as number,
      lastOffset: aborts.lastOffset[row] as number,
      lastStableOffset: aborts.lastStableOffset[row] as number,
    };
  }

  upcoming(into: StreamId[], limit: number): StreamId {
    const page = this.#page;
    if (page === null) return Number.POSITIVE_INFINITY;
    for (let run = this.#run, added = 0; run < page.runCount; run++) {
      const stream = page.runs.stream[run] as number;
      if (stream === into.at(-1)) continue;
      if (added === limit) break;
      into.push(stream);
      added += 1;
    }
    return into.at(-1) as number;
  }

  /** By whole pages, where these have one stream only, and by what is known of the page at hand. */
  bytesAhead(stream: StreamId): number {
    let byteLength = 0;
    // Files before this one are behind it, and those that begin with a later stream have nothing of this one.
    for (let at = this.#segment; at < this.#segments.length; at++) {
      const { table, input } = this.#segments[at] as OpenSegment;
      if (input.descriptor.firstStream > stream) break;
      for (let row = table.find(stream, 0); row < table.count && (table.firstStream[row] as number) <= stream; row++) {
        const isAlone = table.firstStream[row] === stream && table.lastStream[row] === stream;
        if (isAlone) byteLength += table.batchBytes[row] as number;
      }
    }
    return byteLength;
  }

  #find(stream: number, fromOffset: number): void {
    for (let at = 0; at < this.#segments.length; at++) {
      const { table, input } = this.#segments[at] as OpenSegment;
      if (isBefore(input.descriptor, stream, fromOffset)) continue;
      const row = table.find(stream, fromOffset);
      if (row === table.count) continue;
      this.#enter(at, row);
      const page = this.#page as unknown as IndexPage;
      this.#run = Math.min(page.findRun(stream, fromOffset), page.runCount - 1);
      const isIt = page.runs.stream[this.#run] === stream;
      this.#batch = isIt ? page.findBatch(this.#run, fromOffset) : (page.runs.firstBatch[this.#run] as number);
      this.#standOn();
      return;
    }
  }

  #enter(segment: number, row: number): void {
    this.#block = -1;
    this.#raw = NOTHING;
    this.#abort = this.#run = this.#batch = 0;
    this.#segment = segment;
    this.#row = row;
    const open = this.#segments[segment];
    if (open === undefined) {
      this.#page = null;
      this.stream = Number.POSITIVE_INFINITY;
      this.baseOffset = this.endOffset = 0;
    } else if (row >= open.table.count) this.#enter(segment + 1, 0);
    else {
      this.#page = readPage(open, row);
      this.readBytes += this.#page.bytes.length;
      this.#standOn();
    }
  }

  #standOn(): void {
    const { runs, batches } = this.#page as IndexPage;
    this.stream = runs.stream[this.#run] as number;
    this.baseOffset = (runs.baseOffset[this.#run] as number) + (batches.offsetDelta[this.#batch] as number);
    this.endOffset = this.baseOffset + (batches.offsetCount[this.#batch] as number);
  }
}

/** True when a file ends before the place. */
function isBefore({ lastStream, endOffset }: SegmentDescriptor, stream: number, offset: number): boolean {
  return lastStream < stream || (lastStream === stream && endOffset <= offset);
}
