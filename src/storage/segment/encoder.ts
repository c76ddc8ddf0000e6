/**
 * Makes the bytes of a segment from batches in order of (stream, offset): blocks, an index page behind those that fill it,
 * the table of the pages, the footer. It holds one block and one page in memory.
 */
import { crc32c } from '../../../protocol/crc32c.ts';
import { compressionCodec, maxTimestamp } from '../../../protocol/records/batch.ts';
import type { AbortedTransaction, StreamId } from '../types.ts';
import { blockCrc } from './block.ts';
import type { BlockCompressor } from './block.ts';
import type { SegmentDescriptor } from './descriptor.ts';
import {
  encodeSegmentFooter,
  encodeSegmentHeader,
  MAX_COMPRESSED_BATCH_BYTES,
  SEGMENT_FOOTER_BYTES,
  SEGMENT_SIZES,
} from './format.ts';
import type { SegmentFooter, SegmentHeader, SegmentSizes } from './format.ts';
import type { PageBatch } from './page-builder.ts';
import { PageBuilder } from './page-builder.ts';
import type { PagePlace } from './page-format.ts';
import { BLOCK_COMPRESSED, BLOCK_RECORDS } from './page-format.ts';
import type { PageRow } from './page-table.ts';
import { PageTable } from './page-table.ts';

/** A batch to write: what the index keeps of it, and its bytes. */
export interface SegmentBatch extends PageBatch {
  readonly bytes: Buffer;
  /** It is a v2 record batch whose header has its offsets and leader epoch. */
  readonly isRecordBatch: boolean;
  /** When there is one, it is not what it was, and stays known for that. Then it counts as no record batch. */
  readonly damage?: object | null;
}

export interface SegmentOptions extends Omit<SegmentHeader, 'version'> {
  readonly isCompacted: boolean;
  readonly compressor: BlockCompressor;
  readonly sizes?: SegmentSizes;
}

/** Takes the bytes of a file one behind the other, at once. */
export interface SegmentSink {
  /** Where the next byte will lie. */
  readonly position: number;
  write(bytes: Buffer): void;
}

export class SegmentEncoder {
  readonly #options: SegmentOptions;
  readonly #sizes: SegmentSizes;
  readonly #out: SegmentSink;
  readonly #compressor: BlockCompressor;
  #block: Buffer;
  #blockBytes = 0;
  /** There is a batch in the block, which may have no bytes. */
  #isInBlock = false;
  #blockStream = 0;
  /** The block's batches may be compressed; and are record batches. */
  #isCompressible = false;
  #isRecords = false;
  readonly #page = new PageBuilder();
  readonly #rows: PageRow[] = [];
  #before: PagePlace | null = null;
  #batchBytes = 0;

  constructor(options: SegmentOptions, out: SegmentSink) {
    this.#options = options;
    this.#sizes = options.sizes ?? SEGMENT_SIZES;
    this.#block = Buffer.allocUnsafeSlow(this.#sizes.blockBytes);
    this.#out = out;
    this.#compressor = options.compressor;
    out.write(encodeSegmentHeader(options));
  }

  /** Bytes that the file would have if it ended here, but for the compression of the last block. */
  get byteLength(): number {
    return this.#out.position + this.#blockBytes + this.#page.byteLength;
  }

  /** No batch was added yet. */
  get isEmpty(): boolean {
    return this.#rows.length === 0 && this.#page.isEmpty;
  }

  /**
   * Adds a batch behind all others. Its bytes are taken at once.
   * @param aborted the transaction that it, a marker, aborts
   */
  add(batch: SegmentBatch, aborted: AbortedTransaction | null = null): void {
    const { bytes, isRecordBatch, damage } = batch;
    const isCompressible =
      bytes.length <= MAX_COMPRESSED_BATCH_BYTES && (!isRecordBatch || compressionCodec(bytes, 0) === 0);
    if (this.#endsBlock(batch, isCompressible)) this.#endBlock();
    if (!this.#isInBlock) {
      if (!this.#page.isEmpty && this.#page.byteLength >= this.#sizes.pageBytes) this.#endPage();
      this.#isInBlock = true;
      this.#isCompressible = isCompressible;
      this.#isRecords = isRecordBatch;
    }
    this.#take(bytes);
    this.#blockStream = batch.stream;
    this.#batchBytes += bytes.length;
    const isSelfContained = isRecordBatch && maxTimestamp(bytes, 0) === batch.maxTimestampMs;
    let crc = isRecordBatch ? 0 : crc32c(bytes);
    if (damage !== null && damage !== undefined) crc = ~crc >>> 0; // no reader takes it for sound
    this.#page.add(batch, { end: this.#blockBytes, crc, isSelfContained });
    if (aborted !== null) this.#page.addAborted(batch.stream, aborted);
  }

  /** Keeps what is known of an aborted transaction whose marker is not among the batches: with those added last. */
  addAborted(stream: StreamId, aborted: AbortedTransaction): void {
    if (!this.#page.isEmpty) this.#page.addAborted(stream, aborted);
  }

  /** Writes what belongs to the end. There must be a batch in it. */
  finish(): SegmentDescriptor {
    this.#endBlock();
    this.#endPage();
    const { salt, mergeId, number, firstSequence, lastSequence, isCompacted } = this.#options;
    const first = this.#rows[0] as PageRow;
    const last = this.#rows.at(-1) as PageRow;
    const table = PageTable.encode(this.#rows, salt, this.#out.position);
    const footer: SegmentFooter = {
      tablePosition: this.#out.position,
      tableBytes: table.bytes.length,
      firstStream: first.firstStream,
      firstOffset: first.firstOffset,
      lastStream: last.lastStream,
      endOffset: last.endOffset,
      batchBytes: this.#batchBytes,
      maxTimestampMs: this.#rows.reduce((max, row) => Math.max(max, row.maxTimestampMs), -1),
      hasAborts: this.#rows.some(({ aborts }) => aborts > 0),
      isCompacted,
    };
    this.#out.write(table.bytes);
    const position = this.#out.position;
    this.#out.write(encodeSegmentFooter(footer, salt, position));
    const fileBytes = position + SEGMENT_FOOTER_BYTES;
    return { mergeId, number, firstSequence, lastSequence, salt, fileBytes, ...footer };
  }

  #endsBlock(batch: SegmentBatch, isCompressible: boolean): boolean {
    if (!this.#isInBlock) return false;
    if (isCompressible !== this.#isCompressible || batch.isRecordBatch !== this.#isRecords) return true;
    if (this.#blockBytes + batch.bytes.length > this.#sizes.blockBytes) return true;
    if (this.#page.byteLength >= 2 * this.#sizes.pageBytes) return true;
    return batch.stream !== this.#blockStream && this.#blockBytes >= this.#sizes.sharedBlockBytes;
  }

  #take(bytes: Buffer): void {
    const end = this.#blockBytes + bytes.length;
    if (end > this.#block.length) this.#block = Buffer.allocUnsafeSlow(end);
    bytes.copy(this.#block, this.#blockBytes);
    this.#blockBytes = end;
  }

  #endBlock(): void {
    const raw = this.#block.subarray(0, this.#blockBytes);
    const frame = this.#isCompressible ? this.#compressor.compress(raw) : null;
    const stored = frame ?? raw;
    const { position } = this.#out;
    this.#out.write(stored);
    this.#page.endBlock({
      position,
      storedBytes: stored.length,
      rawBytes: raw.length,
      crc: blockCrc(stored, this.#options.salt, position),
      flags: (frame === null ? 0 : BLOCK_COMPRESSED) | (this.#isRecords ? BLOCK_RECORDS : 0),
    });
    this.#blockBytes = 0;
    this.#isInBlock = false;
    if (this.#block.length > this.#sizes.blockBytes) this.#block = Buffer.allocUnsafeSlow(this.#sizes.blockBytes);
  }

  #endPage(): void {
    const page = this.#page;
    const { position } = this.#out;
    const { first, last, maxTimestampMs, batchBytes, abortCount } = page;
    const bytes = page.take(this.#options.salt, position, this.#before);
    this.#rows.push({
      firstStream: first.stream,
      firstOffset: first.baseOffset,
      lastStream: last.stream,
      endOffset: last.endOffset,
      maxTimestampMs,
      batchBytes,
      position,
      byteLength: bytes.length,
      aborts: abortCount,
    });
    this.#out.write(bytes);
    this.#before = { position, byteLength: bytes.length };
  }
}
