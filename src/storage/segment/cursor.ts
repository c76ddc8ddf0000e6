/** A cursor over the batches of a stream in one segment. */
import { recordsTimestamp } from '../format/batch.ts';
import type { Part } from '../../base/counted.ts';
import { damagedBatch, isDamaged } from '../runs/damage.ts';
import type { BatchCursor } from '../runs/run-source.ts';
import type { StorageError, StreamId } from '../types.ts';
import { SCANNED_BYTES } from '../types.ts';
import type { IndexPage } from './page.ts';
import { BLOCK_COMPRESSED, BLOCK_RECORDS } from './page-format.ts';
import type { PageTable } from './page-table.ts';
import { isPagedBatch, isSoundBatch } from './paged-batch.ts';
import type { SegmentPart } from './parts.ts';
import { beginPart } from './parts.ts';
import type { Segment } from './segment.ts';

const NOTHING: Buffer = Buffer.alloc(0);

/** A page of a segment, and where it is in the table. */
export interface PagePlace {
  readonly table: PageTable;
  readonly row: number;
  readonly page: IndexPage;
}

export class SegmentCursor implements BatchCursor {
  readonly source: Segment;
  readonly stream: StreamId;
  #place: PagePlace;
  #page: IndexPage;
  #run: number;
  #batch: number;
  /** Behind the last batch of the run. */
  #past: number;
  #block: number;
  /** The part that was added last. */
  #growing: SegmentPart | null = null;
  /** What was read of the block, and where that starts in it. */
  #bytes = NOTHING;
  #start = 0;

  /** On the first batch of `run` that ends after `offset`. */
  constructor(source: Segment, stream: StreamId, place: PagePlace, run: number, offset: number) {
    this.source = source;
    this.stream = stream;
    this.#place = place;
    this.#page = place.page;
    this.#run = run;
    this.#past = place.page.pastBatch(run);
    this.#block = place.page.blockOf(run);
    this.#batch = place.page.findBatch(run, offset);
  }

  get baseOffset(): number {
    const { runs, batches } = this.#page;
    return (runs.baseOffset[this.#run] as number) + (batches.offsetDelta[this.#batch] as number);
  }

  get endOffset(): number {
    return this.baseOffset + (this.#page.batches.offsetCount[this.#batch] as number);
  }

  get byteLength(): number {
    return this.#page.byteLengthOf(this.#batch, this.#block);
  }

  get runBaseOffset(): number {
    return this.#page.runs.baseOffset[this.#run] as number;
  }

  get runEndOffset(): number {
    return this.#page.runs.endOffset[this.#run] as number;
  }

  get runByteLength(): number {
    return this.#page.runBytes(this.#run);
  }

  get runMaxTimestampMs(): number {
    return this.#page.runs.maxTimestampMs[this.#run] as number;
  }

  get runWrittenMs(): number {
    return this.#page.runs.writtenMs[this.#run] as number;
  }

  get leaderEpoch(): number {
    return this.#page.runs.leaderEpoch[this.#run] as number;
  }

  /** More of the stream may be in pages that are not in memory. */
  get mayGoOn(): boolean {
    return this.#run + 1 === this.#page.runCount && this.#place.table.mayHold(this.#place.row + 1, this.stream);
  }

  next(): boolean {
    return this.nextInRun() || this.nextRun();
  }

  nextInRun(): boolean {
    if (this.#batch + 1 >= this.#past) return false;
    this.#batch += 1;
    return true;
  }

  nextRun(): boolean {
    const run = this.#run + 1;
    if (run < this.#page.runCount) {
      if (this.#page.runs.stream[run] !== this.stream) return false;
      this.#stand(run);
      return true;
    }
    const next = this.source.following(this.#place, this.stream);
    if (next === null || next.page.runs.stream[0] !== this.stream) return false;
    this.#place = next;
    this.#page = next.page;
    this.#stand(0);
    return true;
  }

  copy(): SegmentCursor {
    return new SegmentCursor(this.source, this.stream, this.#place, this.#run, this.baseOffset);
  }

  refusal(): StorageError | null {
    const { file } = this.source;
    if (file.damaged === null || !isDamaged(file, this.#position)) return null;
    return damagedBatch(file, this.#position, this.stream);
  }

  take(into: Part[]): void {
    const row = { page: this.#page, run: this.#run, batch: this.#batch };
    if (this.#growing !== null && into.at(-1) === this.#growing && this.#growing.grow(row)) return;
    this.#growing = beginPart({ segment: this.source, stream: this.stream }, row, into);
  }

  /** All of the run, but of a large last batch its header only. */
  async loadHeaders(): Promise<void> {
    const last = this.#past - 1;
    const end = this.#page.batches.end[last] as number;
    const headerEnd = this.#page.startOf(last, this.#block) + SCANNED_BYTES;
    await this.#load(this.#isRecords ? Math.min(end, headerEnd) : end);
  }

  header(): Buffer | null {
    const at = this.#at;
    if (!isPagedBatch(this.#bytes, at, this.#page, this.#run, this.#batch)) {
      this.#damaged();
      return null;
    }
    return this.#bytes.subarray(at, at + Math.min(this.byteLength, SCANNED_BYTES));
  }

  /** They are in the headers of the batches, whose checksums cover all of them. */
  async loadTimestamps(): Promise<void> {
    await this.#load(this.#page.batches.end[this.#past - 1] as number);
  }

  maxTimestampMs(): number {
    if (!isSoundBatch(this.#bytes, this.#at, this.#page, this.#run, this.#batch)) throw this.#damaged();
    return this.#page.batches.maxTimestampMs?.[this.#batch] ?? recordsTimestamp(this.#bytes, this.#at);
  }

  async batch(): Promise<Buffer> {
    const end = this.#page.batches.end[this.#batch] as number;
    if (this.#at < 0 || end > this.#start + this.#bytes.length) await this.#load(end);
    const at = this.#at;
    if (!isSoundBatch(this.#bytes, at, this.#page, this.#run, this.#batch)) throw this.#damaged();
    return this.#bytes.subarray(at, at + this.byteLength);
  }

  get #isCompressed(): boolean {
    return ((this.#page.blocks.flags[this.#block] as number) & BLOCK_COMPRESSED) !== 0;
  }

  get #isRecords(): boolean {
    return ((this.#page.blocks.flags[this.#block] as number) & BLOCK_RECORDS) !== 0;
  }

  /** Where the batch lies in the file; of one in a compressed block, where that does. */
  get #position(): number {
    const position = this.#page.blocks.position[this.#block] as number;
    return this.#isCompressed ? position : position + this.#page.startOf(this.#batch, this.#block);
  }

  /** Where the batch starts in what was read of the block. */
  get #at(): number {
    return this.#page.startOf(this.#batch, this.#block) - this.#start;
  }

  #stand(run: number): void {
    this.#run = run;
    this.#batch = this.#page.runs.firstBatch[run] as number;
    this.#past = this.#page.pastBatch(run);
    this.#block = this.#page.blockOf(run);
    this.#bytes = NOTHING;
    this.#start = 0;
  }

  /** Brings the block from this batch up to `end` at hand. */
  async #load(end: number): Promise<void> {
    const { store, file } = this.source;
    if (this.#isCompressed) {
      this.#start = 0;
      this.#bytes = await store.blocks.get(file, this.#page, this.#block, this.stream);
      return;
    }
    const start = this.#page.startOf(this.#batch, this.#block);
    const bytes = Buffer.allocUnsafe(end - start);
    await store.read(file, bytes, (this.#page.blocks.position[this.#block] as number) + start);
    this.#start = start;
    this.#bytes = bytes;
  }

  #damaged(): StorageError {
    return this.source.store.damage.batch(this.source.file, this.#position, this.stream);
  }
}
