/**
 * An index page of a segment: the runs, batches and blocks of a range of keys, all typed arrays, as they lie in the file.
 * Decoding makes views on the loaded bytes and copies nothing.
 *
 *   0  u32  CRC-32C of all that follows        16  u32  blocks
 *   4  u32  length of the page                 20  u32  aborted transactions
 *   8  u32  runs                               24  u32  flags: 1 = the batches have columns of their own (below)
 *  12  u32  batches                            28  u32  reserved
 *  32  i64  position of the page before, or 0  40  u32  length of the page before     44  u32  reserved
 *
 * Then the columns one after the other, each starting at a multiple of 8:
 *   runs     stream, base offset, end offset, max timestamp, written at (f64), leader epoch (i32), first batch, block (u32)
 *   batches  end in the uncompressed block, base offset minus that of the run, offset count (u32); with flag 1 also
 *            max timestamp (f64) and CRC-32C (u32), which record batches have in their own headers
 *   blocks   position (f64), stored length, uncompressed length, CRC-32C, flags, first batch (u32)
 *   aborts   stream, first offset, last offset, last stable offset (f64), producer id (i64), where the marker is in the page
 *
 * A run is consecutive batches of one stream in one block: of one leader epoch, at no great distance in time, and without a
 * hole in the offsets, but for the batches of a compacted stream, each of which says where it ends.
 */
import { crc32c } from '../../../protocol/crc32c.ts';
import { getInt64, setInt64, viewOf } from '../format/format.ts';
import type { AbortColumns } from '../index/abort-index.ts';
import { SealedAborts } from '../index/abort-index.ts';
import { columnBytes, Columns, firstRowAfter, ownBuffer } from '../index/columns.ts';
import { SEGMENT_HEADER_BYTES, segmentSeed } from './format.ts';

export const PAGE_HEADER_BYTES = 48;
const FLAG_OWN_COLUMNS = 1;
const CRC_BYTES = 4;
/** No page is this long: a block of the smallest batches would have to be larger than any block. */
export const MAX_PAGE_BYTES = 64 * 1024 * 1024;

/** Flag of a block: it is stored as a zstd frame. */
export const BLOCK_COMPRESSED = 1;
/** Flag of a block: its batches are v2 record batches. */
export const BLOCK_RECORDS = 2;

export interface PageCounts {
  readonly runs: number;
  readonly batches: number;
  readonly blocks: number;
  readonly aborts: number;
  readonly hasOwnColumns: boolean;
}

/** Where the page before lies: from the last one on all can be found without the table. */
export interface PagePlace {
  readonly position: number;
  readonly byteLength: number;
}

/** Bytes of a page with so many rows. */
export function pageBytes({ runs, batches, blocks, aborts, hasOwnColumns }: PageCounts): number {
  return (
    PAGE_HEADER_BYTES +
    5 * 8 * runs +
    3 * columnBytes(runs, 4) +
    3 * columnBytes(batches, 4) +
    (hasOwnColumns ? 8 * batches + columnBytes(batches, 4) : 0) +
    8 * blocks +
    5 * columnBytes(blocks, 4) +
    5 * 8 * aborts
  );
}

/** Views on the columns of a page. */
export class PageColumns {
  readonly runs: {
    readonly stream: Float64Array;
    readonly baseOffset: Float64Array;
    readonly endOffset: Float64Array;
    readonly maxTimestampMs: Float64Array;
    readonly writtenMs: Float64Array;
    readonly leaderEpoch: Int32Array;
    readonly firstBatch: Uint32Array;
    readonly block: Uint32Array;
  };
  readonly batches: {
    readonly end: Uint32Array;
    readonly offsetDelta: Uint32Array;
    readonly offsetCount: Uint32Array;
    /** Null where the batches say it themselves. */
    readonly maxTimestampMs: Float64Array | null;
    readonly crc: Uint32Array | null;
  };
  readonly blocks: {
    readonly position: Float64Array;
    readonly storedBytes: Uint32Array;
    readonly rawBytes: Uint32Array;
    readonly crc: Uint32Array;
    readonly flags: Uint32Array;
    readonly firstBatch: Uint32Array;
  };
  readonly aborts: AbortColumns;

  constructor(buffer: ArrayBuffer, counts: PageCounts) {
    const columns = new Columns(buffer, PAGE_HEADER_BYTES);
    const { runs, batches, blocks, aborts } = counts;
    this.runs = {
      stream: columns.float64(runs),
      baseOffset: columns.float64(runs),
      endOffset: columns.float64(runs),
      maxTimestampMs: columns.float64(runs),
      writtenMs: columns.float64(runs),
      leaderEpoch: columns.int32(runs),
      firstBatch: columns.uint32(runs),
      block: columns.uint32(runs),
    };
    this.batches = {
      end: columns.uint32(batches),
      offsetDelta: columns.uint32(batches),
      offsetCount: columns.uint32(batches),
      maxTimestampMs: counts.hasOwnColumns ? columns.float64(batches) : null,
      crc: counts.hasOwnColumns ? columns.uint32(batches) : null,
    };
    this.blocks = {
      position: columns.float64(blocks),
      storedBytes: columns.uint32(blocks),
      rawBytes: columns.uint32(blocks),
      crc: columns.uint32(blocks),
      flags: columns.uint32(blocks),
      firstBatch: columns.uint32(blocks),
    };
    this.aborts = {
      stream: columns.float64(aborts),
      firstOffset: columns.float64(aborts),
      lastOffset: columns.float64(aborts),
      lastStableOffset: columns.float64(aborts),
      producerId: columns.int64(aborts),
    };
  }
}

/** A page that was read. Runs, batches and blocks are named by their row. */
export class IndexPage extends PageColumns {
  /** The page as it is stored. */
  readonly bytes: Buffer;
  readonly position: number;
  readonly runCount: number;
  readonly batchCount: number;
  readonly blockCount: number;
  /** Null for the first page. */
  readonly before: PagePlace | null;
  readonly abortIndex: SealedAborts;

  private constructor(buffer: ArrayBuffer, position: number, counts: PageCounts) {
    super(buffer, counts);
    this.bytes = Buffer.from(buffer);
    this.position = position;
    this.runCount = counts.runs;
    this.batchCount = counts.batches;
    this.blockCount = counts.blocks;
    const view = viewOf(this.bytes);
    const before = getInt64(view, 32);
    this.before = before === 0 ? null : { position: before, byteLength: view.getUint32(40, true) };
    this.abortIndex = new SealedAborts(this.aborts);
  }

  /** Parses the page that lies at `position` of a file with this salt; null when the bytes are none. */
  static decode(bytes: Buffer, salt: number, position: number): IndexPage | null {
    if (bytes.length < PAGE_HEADER_BYTES) return null;
    const view = viewOf(bytes);
    const counts = {
      runs: view.getUint32(8, true),
      batches: view.getUint32(12, true),
      blocks: view.getUint32(16, true),
      aborts: view.getUint32(20, true),
      hasOwnColumns: (view.getUint32(24, true) & FLAG_OWN_COLUMNS) !== 0,
    };
    if (view.getUint32(4, true) !== bytes.length || pageBytes(counts) !== bytes.length) return null;
    if (counts.runs === 0 || counts.batches < counts.runs || counts.blocks === 0) return null;
    const crc = crc32c(bytes.subarray(CRC_BYTES), segmentSeed(salt, position));
    if (crc !== view.getUint32(0, true)) return null;
    const page = new IndexPage(ownBuffer(bytes), position, counts);
    return page.#isConsistent() ? page : null;
  }

  /** Row of the first batch behind those of `run`. */
  pastBatch(run: number): number {
    return run + 1 < this.runCount ? (this.runs.firstBatch[run + 1] as number) : this.batchCount;
  }

  /** The block that has `batch`, of a run. */
  blockOf(run: number): number {
    return this.runs.block[run] as number;
  }

  /** Where a batch starts in its uncompressed block. */
  startOf(batch: number, block: number): number {
    return batch === this.blocks.firstBatch[block] ? 0 : (this.batches.end[batch - 1] as number);
  }

  /** Bytes of a batch of `block`. */
  byteLengthOf(batch: number, block: number): number {
    return (this.batches.end[batch] as number) - this.startOf(batch, block);
  }

  /** Bytes of all batches of a run. */
  runBytes(run: number): number {
    const last = this.batches.end[this.pastBatch(run) - 1] as number;
    return last - this.startOf(this.runs.firstBatch[run] as number, this.blockOf(run));
  }

  /** The run of the stream that holds `offset`, or the first one after it, by whichever stream; `runCount` without. */
  findRun(stream: number, offset: number): number {
    return firstRowAfter(this.runs.stream, this.runs.endOffset, this.runCount, stream, offset);
  }

  /** The first batch of `run` that ends after `offset`, which must lie before the run's end. */
  findBatch(run: number, offset: number): number {
    const delta = offset - (this.runs.baseOffset[run] as number);
    const { offsetDelta, offsetCount } = this.batches;
    let low = this.runs.firstBatch[run] as number;
    let high = this.pastBatch(run) - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((offsetDelta[middle] as number) + (offsetCount[middle] as number) <= delta) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Rows point at rows that there are and in ascending order: what goes by them ends, and stays within the page. */
  #isConsistent(): boolean {
    const { batches, blocks } = this;
    for (let block = 0; block < this.blockCount; block++) {
      const first = blocks.firstBatch[block] as number;
      const past = block + 1 < this.blockCount ? (blocks.firstBatch[block + 1] as number) : this.batchCount;
      if (block === 0 ? first !== 0 : first <= (blocks.firstBatch[block - 1] as number)) return false;
      if (past > this.batchCount || past <= first) return false;
      if (!this.#liesBefore(block)) return false;
      for (let batch = first, start = 0; batch < past; batch++) {
        const end = batches.end[batch] as number;
        if (end <= start) return false;
        start = end;
      }
      if (batches.end[past - 1] !== blocks.rawBytes[block]) return false;
    }
    for (let run = 0; run < this.runCount; run++) if (!this.#isConsistentRun(run)) return false;
    return true;
  }

  /** The batches of a run begin with it, end with it, and follow each other. */
  #hasOffsetsInOrder(run: number, first: number, past: number): boolean {
    const { offsetDelta, offsetCount } = this.batches;
    const { baseOffset, endOffset } = this.runs;
    let end = 0;
    for (let batch = first; batch < past; batch++) {
      const delta = offsetDelta[batch] as number;
      if (delta < end || (batch === first && delta !== 0) || offsetCount[batch] === 0) return false;
      end = delta + (offsetCount[batch] as number);
    }
    return (baseOffset[run] as number) + end === endOffset[run];
  }

  #liesBefore(block: number): boolean {
    const position = this.blocks.position[block] as number;
    return position >= SEGMENT_HEADER_BYTES && position + (this.blocks.storedBytes[block] as number) <= this.position;
  }

  #isConsistentRun(run: number): boolean {
    const { runs, blocks } = this;
    const first = runs.firstBatch[run] as number;
    const past = this.pastBatch(run);
    const block = this.blockOf(run);
    if (run === 0 ? first !== 0 : first <= (runs.firstBatch[run - 1] as number)) return false;
    if (past > this.batchCount || past <= first || block >= this.blockCount) return false;
    const pastBlock = block + 1 < this.blockCount ? (blocks.firstBatch[block + 1] as number) : this.batchCount;
    if (first < (blocks.firstBatch[block] as number) || past > pastBlock) return false;
    if (!this.#hasOffsetsInOrder(run, first, past)) return false;
    if (run === 0) return true;
    const stream = runs.stream[run] as number;
    const before = runs.stream[run - 1] as number;
    return (
      stream > before || (stream === before && (runs.baseOffset[run] as number) >= (runs.endOffset[run - 1] as number))
    );
  }
}

/** Writes the header over a page whose columns are filled. */
export function sealPage(
  buffer: ArrayBuffer,
  counts: PageCounts,
  place: { readonly salt: number; readonly position: number; readonly before: PagePlace | null },
): Buffer {
  const bytes = Buffer.from(buffer);
  const view = viewOf(bytes);
  view.setUint32(4, bytes.length, true);
  view.setUint32(8, counts.runs, true);
  view.setUint32(12, counts.batches, true);
  view.setUint32(16, counts.blocks, true);
  view.setUint32(20, counts.aborts, true);
  view.setUint32(24, counts.hasOwnColumns ? FLAG_OWN_COLUMNS : 0, true);
  setInt64(view, 32, place.before?.position ?? 0);
  view.setUint32(40, place.before?.byteLength ?? 0, true);
  view.setUint32(0, crc32c(bytes.subarray(CRC_BYTES), segmentSeed(place.salt, place.position)), true);
  return bytes;
}
