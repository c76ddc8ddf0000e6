/** Looks through a segment file: header, footer, table, pages, blocks and every batch. */
import { crc32c } from '../../../protocol/crc32c.ts';
import { verifyCrc } from '../../../protocol/records/batch.ts';
import { isRecordBatch } from '../format/batch.ts';
import { type Files, type OpenFile, readFully } from '../files/files.ts';
import { blockCrc, decompressBlock } from '../segment/block.ts';
import {
  decodeSegmentFooter,
  decodeSegmentHeader,
  MAX_COMPRESSED_BATCH_BYTES,
  SEGMENT_FOOTER_BYTES,
  SEGMENT_HEADER_BYTES,
  SEGMENT_SIZES,
  SEGMENT_VERSION,
} from '../segment/format.ts';
import { IndexPage } from '../segment/page.ts';
import { BLOCK_COMPRESSED, BLOCK_RECORDS, MAX_PAGE_BYTES } from '../segment/page-format.ts';
import { PageTable } from '../segment/page-table.ts';
import type { TakeEntries } from './journal.ts';
import type { Damage, DumpedEntry, FileReport } from './types.ts';

/** No compressed block holds more. */
const MAX_RAW_BYTES = SEGMENT_SIZES.blockBytes + MAX_COMPRESSED_BATCH_BYTES;

class SegmentWalk {
  readonly #path: string;
  readonly #file: OpenFile;
  readonly #size: number;
  readonly #salt: number;
  readonly #take: TakeEntries | null;
  readonly damage: Damage[] = [];
  pages = 0;
  blocks = 0;
  compressedBlocks = 0;
  batches = 0;
  batchBytes = 0;

  constructor(path: string, file: OpenFile, size: number, salt: number, take: TakeEntries | null) {
    this.#path = path;
    this.#file = file;
    this.#size = size;
    this.#salt = salt;
    this.#take = take;
  }

  add(position: number, what: string): void {
    this.damage.push({ path: this.#path, position, what, isDerived: false });
  }

  /** Bytes of the file in memory of their own; null when they are not in it. */
  async read(position: number, byteLength: number): Promise<Buffer | null> {
    if (!Number.isSafeInteger(position) || position < 0 || position + byteLength > this.#size) return null;
    const bytes = Buffer.from(new ArrayBuffer(byteLength));
    return (await readFully(this.#file, bytes, position)) === byteLength ? bytes : null;
  }

  async walk(tablePosition: number, tableBytes: number): Promise<void> {
    const bytes = await this.read(tablePosition, tableBytes);
    const table = bytes === null ? null : PageTable.decode(bytes, this.#salt, tablePosition);
    if (table === null) return this.add(tablePosition, 'the table of pages is damaged');
    for (let row = 0; row < table.count; row++) await this.#page(table, row);
  }

  async #page(table: PageTable, row: number): Promise<void> {
    const position = table.position[row] as number;
    const byteLength = Math.min(table.byteLength[row] as number, MAX_PAGE_BYTES);
    const bytes = await this.read(position, byteLength);
    const page = bytes === null ? null : IndexPage.decode(bytes, this.#salt, position);
    if (page === null) return this.add(position, `the index page of stream ${table.firstStream[row]} on is damaged`);
    this.pages += 1;
    let run = 0;
    for (let block = 0; block < page.blockCount; block++) {
      const raw = await this.#block(page, block);
      const entries: DumpedEntry[] = [];
      for (; run < page.runCount && page.blockOf(run) === block; run++) {
        if (raw !== null) this.#run(page, run, raw, entries);
      }
      await this.#take?.(entries);
    }
  }

  async #block(page: IndexPage, block: number): Promise<Buffer | null> {
    const { blocks } = page;
    const position = blocks.position[block] as number;
    const rawBytes = blocks.rawBytes[block] as number;
    const stored = await this.read(position, blocks.storedBytes[block] as number);
    const isCompressed = ((blocks.flags[block] as number) & BLOCK_COMPRESSED) !== 0;
    this.blocks += 1;
    if (isCompressed) this.compressedBlocks += 1;
    let raw: Buffer | null = null;
    if (
      stored !== null &&
      (!isCompressed || rawBytes <= MAX_RAW_BYTES) &&
      blockCrc(stored, this.#salt, position) === blocks.crc[block]
    ) {
      raw = isCompressed ? decompressBlock(stored, rawBytes) : stored;
    }
    if (raw !== null && raw.length === rawBytes) return raw;
    this.add(position, 'a block of batches is damaged');
    return null;
  }

  #run(page: IndexPage, run: number, raw: Buffer, entries: DumpedEntry[]): void {
    const { runs, batches, blocks } = page;
    const block = page.blockOf(run);
    const isRecords = ((blocks.flags[block] as number) & BLOCK_RECORDS) !== 0;
    for (let batch = runs.firstBatch[run] as number; batch < page.pastBatch(run); batch++) {
      const baseOffset = (runs.baseOffset[run] as number) + (batches.offsetDelta[batch] as number);
      const offsetCount = batches.offsetCount[batch] as number;
      const leaderEpoch = runs.leaderEpoch[run] as number;
      const stream = runs.stream[run] as number;
      const bytes = raw.subarray(page.startOf(batch, block), batches.end[batch] as number);
      const isSound = isRecords
        ? isRecordBatch(bytes, { baseOffset, offsetCount, leaderEpoch }) && verifyCrc(bytes, 0)
        : batches.crc === null || crc32c(bytes) === batches.crc[batch];
      const position = blocks.position[block] as number;
      if (!isSound) this.add(position, `the batch of stream ${stream} at offset ${baseOffset} is damaged`);
      this.batches += 1;
      this.batchBytes += bytes.length;
      if (this.#take === null) continue;
      entries.push({
        path: this.#path,
        position,
        kind: 'batch',
        stream,
        baseOffset,
        endOffset: baseOffset + offsetCount,
        leaderEpoch,
        maxTimestampMs: batches.maxTimestampMs?.[batch] ?? (runs.maxTimestampMs[run] as number),
        writtenMs: runs.writtenMs[run] as number,
        byteLength: bytes.length,
        isRecordBatch: isRecords,
        payload: bytes,
      });
    }
  }
}

/** Reads a segment file whole. @param take gets its batches; null only verifies */
export async function inspectSegmentFile(files: Files, path: string, take: TakeEntries | null): Promise<FileReport> {
  const file = await files.open(path, 'read');
  try {
    const size = await file.size();
    const report = { path, kind: 'segment', byteLength: size } as const;
    const start = Buffer.alloc(SEGMENT_HEADER_BYTES);
    await readFully(file, start, 0);
    const header = decodeSegmentHeader(start);
    const refuse = (position: number, what: string, version: number | null): FileReport => {
      const damage = [{ path, position, what, isDerived: false }];
      return { ...report, version, facts: { state: 'damaged' }, damage };
    };
    if (header === null) return refuse(0, 'the file header is damaged', null);
    if (header.version > SEGMENT_VERSION)
      return refuse(8, 'a newer version wrote it, or its header is damaged', header.version);
    const footerAt = size - SEGMENT_FOOTER_BYTES;
    const walk = new SegmentWalk(path, file, size, header.salt, take);
    const end = footerAt < SEGMENT_HEADER_BYTES ? null : await walk.read(footerAt, SEGMENT_FOOTER_BYTES);
    const footer = end === null ? null : decodeSegmentFooter(end, header.salt, footerAt);
    if (footer === null)
      return refuse(Math.max(0, footerAt), 'the footer is damaged, or the file is cut off', header.version);
    await walk.walk(footer.tablePosition, footer.tableBytes);
    const facts = {
      state: 'whole',
      mergeId: header.mergeId,
      number: header.number,
      clusterId: header.clusterId,
      createdMs: header.createdMs,
      firstSequence: header.firstSequence,
      lastSequence: header.lastSequence,
      firstStream: footer.firstStream,
      firstOffset: footer.firstOffset,
      lastStream: footer.lastStream,
      endOffset: footer.endOffset,
      pages: walk.pages,
      blocks: walk.blocks,
      compressedBlocks: walk.compressedBlocks,
      batches: walk.batches,
      batchBytes: walk.batchBytes,
      isCompacted: footer.isCompacted,
      hasAborts: footer.hasAborts,
    };
    return { ...report, version: header.version, facts, damage: walk.damage };
  } finally {
    await file.close();
  }
}
