/**
 * The table of a segment's index pages: one row each with its first and last batch, by (stream, offset). Typed arrays over
 * the loaded bytes.
 *
 *   0  u32  CRC-32C of all that follows     4  u32  pages     8  8 bytes  reserved
 *
 * Then the columns: first stream, first offset, last stream, end offset, max timestamp, bytes of the batches, position
 * (f64), length, aborted transactions (u32, each column padded to a multiple of 8).
 */
import { crc32c } from '../../../protocol/crc32c.ts';
import { viewOf } from '../format/format.ts';
import { firstRowAfter, ownBuffer } from '../index/columns.ts';
import { segmentSeed } from './format.ts';

const TABLE_HEADER_BYTES = 16;
const CRC_BYTES = 4;

/** A row. */
export interface PageRow {
  readonly firstStream: number;
  readonly firstOffset: number;
  readonly lastStream: number;
  /** Exclusive, of the last stream. */
  readonly endOffset: number;
  readonly maxTimestampMs: number;
  readonly batchBytes: number;
  readonly position: number;
  readonly byteLength: number;
  readonly aborts: number;
}

const FLOAT_COLUMNS = 7;

function tableBytes(pages: number): number {
  return TABLE_HEADER_BYTES + FLOAT_COLUMNS * 8 * pages + 2 * Math.ceil((4 * pages) / 8) * 8;
}

export class PageTable {
  readonly firstStream: Float64Array;
  readonly firstOffset: Float64Array;
  readonly lastStream: Float64Array;
  readonly endOffset: Float64Array;
  readonly maxTimestampMs: Float64Array;
  readonly batchBytes: Float64Array;
  readonly position: Float64Array;
  readonly byteLength: Uint32Array;
  readonly aborts: Uint32Array;
  readonly count: number;
  /** The table as it is stored. */
  readonly bytes: Buffer;

  private constructor(buffer: ArrayBuffer, count: number) {
    this.bytes = Buffer.from(buffer);
    this.count = count;
    const float = (column: number): Float64Array =>
      new Float64Array(buffer, TABLE_HEADER_BYTES + column * 8 * count, count);
    this.firstStream = float(0);
    this.firstOffset = float(1);
    this.lastStream = float(2);
    this.endOffset = float(3);
    this.maxTimestampMs = float(4);
    this.batchBytes = float(5);
    this.position = float(6);
    const integers = TABLE_HEADER_BYTES + FLOAT_COLUMNS * 8 * count;
    this.byteLength = new Uint32Array(buffer, integers, count);
    this.aborts = new Uint32Array(buffer, integers + Math.ceil((4 * count) / 8) * 8, count);
  }

  /** The table of these pages, for `position` of a file with this salt. */
  static encode(rows: readonly PageRow[], salt: number, position: number): PageTable {
    const table = new PageTable(new ArrayBuffer(tableBytes(rows.length)), rows.length);
    rows.forEach((row, at) => {
      table.firstStream[at] = row.firstStream;
      table.firstOffset[at] = row.firstOffset;
      table.lastStream[at] = row.lastStream;
      table.endOffset[at] = row.endOffset;
      table.maxTimestampMs[at] = row.maxTimestampMs;
      table.batchBytes[at] = row.batchBytes;
      table.position[at] = row.position;
      table.byteLength[at] = row.byteLength;
      table.aborts[at] = row.aborts;
    });
    const view = viewOf(table.bytes);
    view.setUint32(4, rows.length, true);
    view.setUint32(0, crc32c(table.bytes.subarray(CRC_BYTES), segmentSeed(salt, position)), true);
    return table;
  }

  /** Parses the table that lies at `position` of a file with this salt; null when the bytes are none. */
  static decode(bytes: Buffer, salt: number, position: number): PageTable | null {
    if (bytes.length < TABLE_HEADER_BYTES) return null;
    const view = viewOf(bytes);
    const count = view.getUint32(4, true);
    if (count === 0 || tableBytes(count) !== bytes.length) return null;
    if (crc32c(bytes.subarray(CRC_BYTES), segmentSeed(salt, position)) !== view.getUint32(0, true)) return null;
    return new PageTable(ownBuffer(bytes), count);
  }

  /** The first page whose last batch is of a later stream, or of this one and ends after `offset`; `count` without. */
  find(stream: number, offset: number): number {
    return firstRowAfter(this.lastStream, this.endOffset, this.count, stream, offset);
  }

  /** The last page that begins with the stream or an earlier one; -1 without. */
  lastFrom(stream: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.firstStream[middle] as number) <= stream) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Some batch of `stream` may be in the page. */
  mayHold(page: number, stream: number): boolean {
    return (
      page < this.count && (this.firstStream[page] as number) <= stream && (this.lastStream[page] as number) >= stream
    );
  }
}
