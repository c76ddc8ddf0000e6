/**
 * Parts of a read: what is stored as it is sent is one range of the file a part; of a compressed block, what was asked for.
 * Nothing is held in memory until a part is loaded, right before it is sent.
 */
import type { Part, Slice } from '../../base/counted.ts';
import { UNCOUNTED } from '../../base/counted.ts';
import { isPromise } from '../../base/realms.ts';
import { StretchedCrc } from '../runs/stretched-crc.ts';
import type { StorageError, StreamId } from '../types.ts';
import type { IndexPage } from './page.ts';
import { BLOCK_COMPRESSED, BLOCK_RECORDS } from './page-format.ts';
import { isPagedBatch } from './paged-batch.ts';
import type { Segment } from './segment.ts';

/** Bytes of one part at most, and of the file reads behind it. */
const PART_BYTES = 1024 * 1024;

/** Where what is read belongs: the segment is kept while a part is not released. */
interface Origin {
  readonly segment: Segment;
  readonly stream: StreamId;
}

/** A batch: its page, and rows there. */
export interface BatchRow {
  readonly page: IndexPage;
  readonly run: number;
  readonly batch: number;
}

/** Consecutive batches of one run. */
interface BatchRange {
  readonly page: IndexPage;
  readonly run: number;
  readonly firstBatch: number;
  count: number;
}

function bytesOf({ page, run, batch }: BatchRow): number {
  return page.byteLengthOf(batch, page.blockOf(run));
}

function positionOf({ page, run, batch }: BatchRow): number {
  const block = page.blockOf(run);
  return (page.blocks.position[block] as number) + page.startOf(batch, block);
}

export abstract class SegmentPart implements Part {
  byteLength = 0;
  protected readonly origin: Origin;
  protected readonly ranges: BatchRange[] = [];

  constructor(origin: Origin) {
    this.origin = origin;
    origin.segment.retain();
  }

  abstract load(): readonly Slice[] | Promise<readonly Slice[]>;

  release(): void {
    this.origin.segment.release();
  }

  /** Takes the batch in behind the others; false when it does not follow them, or the part would be too large. */
  grow(row: BatchRow): boolean {
    const byteLength = bytesOf(row);
    if (this.byteLength + byteLength > PART_BYTES || !this.isFollowedBy(row)) return false;
    this.add(row, byteLength);
    return true;
  }

  protected abstract isFollowedBy(row: BatchRow): boolean;

  protected add({ page, run, batch }: BatchRow, byteLength: number): void {
    const range = this.ranges.at(-1);
    if (range !== undefined && range.page === page && range.run === run) range.count += 1;
    else this.ranges.push({ page, run, firstBatch: batch, count: 1 });
    this.byteLength += byteLength;
  }

  protected damaged(position: number): StorageError {
    const { segment, stream } = this.origin;
    return segment.store.damage.batch(segment.file, position, stream);
  }
}

/** A range of the file. */
class RangePart extends SegmentPart {
  readonly #position: number;
  /** Of the batch that it is a stretch of; null where it holds batches whole. */
  readonly #crc: StretchedCrc | null;

  /** Batches begin in it as they are added; the last may end behind it. */
  constructor(origin: Origin, position: number, crc: StretchedCrc | null = null) {
    super(origin);
    this.#position = position;
    this.#crc = crc;
  }

  /** A stretch of a large batch: what begins with `row`, or lies within it when that is null. */
  static of(
    origin: Origin,
    { position, byteLength }: { readonly position: number; readonly byteLength: number },
    row: BatchRow | null,
    crc: StretchedCrc | null,
  ): RangePart {
    const part = new RangePart(origin, position, crc);
    if (row !== null) part.add(row, byteLength);
    part.byteLength = byteLength;
    return part;
  }

  load(): readonly Slice[] | Promise<readonly Slice[]> {
    const { store, file } = this.origin.segment;
    const buffer = store.buffers.take(this.byteLength);
    const bytes = buffer.bytes.subarray(0, this.byteLength);
    const finish = (): readonly Slice[] => {
      this.#check(bytes);
      buffer.retain();
      return [{ bytes, owner: buffer }];
    };
    let reading: Promise<void> | null = null;
    try {
      reading = store.read(file, bytes, this.#position);
      if (reading === null) return finish();
    } finally {
      if (reading === null) buffer.release();
    }
    return reading.then(finish).finally(() => buffer.release());
  }

  protected isFollowedBy(row: BatchRow): boolean {
    return !isCompressed(row) && positionOf(row) === this.#position + this.byteLength;
  }

  /** @throws StorageError CORRUPT when these are not the batches that should be there */
  #check(bytes: Buffer): void {
    let at = 0;
    for (const { page, run, firstBatch, count } of this.ranges) {
      const block = page.blockOf(run);
      const isRecords = ((page.blocks.flags[block] as number) & BLOCK_RECORDS) !== 0;
      this.origin.segment.store.stats.cacheMisses += count;
      for (let batch = firstBatch; batch < firstBatch + count; batch++) {
        const byteLength = page.byteLengthOf(batch, block);
        // Of one that is larger than a part, only a record batch can be told by its beginning.
        const isTold = isRecords || at + byteLength <= bytes.length;
        if (isTold && !isPagedBatch(bytes, at, page, run, batch)) throw this.damaged(this.#position + at);
        at += byteLength;
      }
    }
    const crc = this.#crc;
    if (crc !== null && !crc.takes(bytes, this.#position)) throw this.damaged(crc.start);
  }
}

/** Batches of one compressed block that follow each other. */
class BlockPart extends SegmentPart {
  load(): readonly Slice[] | Promise<readonly Slice[]> {
    const { segment, stream } = this.origin;
    const { page, run } = this.ranges[0] as BatchRange;
    const block = segment.store.blocks.get(segment.file, page, page.blockOf(run), stream);
    return isPromise(block) ? block.then((bytes) => this.#slice(bytes)) : this.#slice(block);
  }

  protected isFollowedBy({ page, run, batch }: BatchRow): boolean {
    const last = this.ranges.at(-1);
    if (last === undefined) return true;
    return page === last.page && page.blockOf(run) === page.blockOf(last.run) && batch === last.firstBatch + last.count;
  }

  #slice(bytes: Buffer): readonly Slice[] {
    const first = this.ranges[0] as BatchRange;
    const block = first.page.blockOf(first.run);
    const start = first.page.startOf(first.firstBatch, block);
    let at = start;
    for (const { page, run, firstBatch, count } of this.ranges) {
      for (let batch = firstBatch; batch < firstBatch + count; batch++) {
        if (!isPagedBatch(bytes, at, page, run, batch)) throw this.damaged(page.blocks.position[block] as number);
        at += page.byteLengthOf(batch, block);
      }
    }
    return [{ bytes: bytes.subarray(start, at), owner: UNCOUNTED }];
  }
}

function isRecords({ page, run }: BatchRow): boolean {
  return ((page.blocks.flags[page.blockOf(run)] as number) & BLOCK_RECORDS) !== 0;
}

function isCompressed({ page, run }: BatchRow): boolean {
  return ((page.blocks.flags[page.blockOf(run)] as number) & BLOCK_COMPRESSED) !== 0;
}

/** Adds the parts that a batch begins; gives the one that may grow, or null. */
export function beginPart(origin: Origin, row: BatchRow, into: Part[]): SegmentPart | null {
  const byteLength = bytesOf(row);
  if (byteLength > PART_BYTES) {
    const position = positionOf(row);
    const expected = row.page.batches.crc?.[row.batch];
    let crc: StretchedCrc | null = null;
    // A record batch carries a checksum to whoever reads it; other bytes do not.
    if (!isRecords(row) && expected !== undefined) {
      crc = new StretchedCrc();
      crc.begin(0, expected, position, position + byteLength);
    }
    for (let done = 0; done < byteLength; done += PART_BYTES) {
      const place = { position: position + done, byteLength: Math.min(PART_BYTES, byteLength - done) };
      into.push(RangePart.of(origin, place, done === 0 ? row : null, crc));
    }
    return null;
  }
  const part = isCompressed(row) ? new BlockPart(origin) : new RangePart(origin, positionOf(row));
  part.grow(row);
  into.push(part);
  return part;
}
