/**
 * An index page of a segment: the runs, batches and blocks of a range of keys, all typed arrays: how it lies in the file.
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
import { columnBytes, Columns } from '../index/columns.ts';
import { segmentSeed } from './format.ts';

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

/** What the header says of a page that lies at `position` of a file with this salt; null when the bytes are no page. */
export function readPageHeader(
  bytes: Buffer,
  salt: number,
  position: number,
): { readonly counts: PageCounts; readonly before: PagePlace | null } | null {
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
  const before = getInt64(view, 32);
  return { counts, before: before === 0 ? null : { position: before, byteLength: view.getUint32(40, true) } };
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
