/** An index page of a segment that was read: views on the loaded bytes, of which nothing is copied. */
import { SealedAborts } from '../index/abort-index.ts';
import { firstRowAfter, ownBuffer } from '../index/columns.ts';
import { isConsistent } from './page-check.ts';
import { PageColumns, type PageCounts, type PagePlace, readPageHeader } from './page-format.ts';

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

  private constructor(buffer: ArrayBuffer, position: number, counts: PageCounts, before: PagePlace | null) {
    super(buffer, counts);
    this.bytes = Buffer.from(buffer);
    this.position = position;
    this.runCount = counts.runs;
    this.batchCount = counts.batches;
    this.blockCount = counts.blocks;
    this.before = before;
    this.abortIndex = new SealedAborts(this.aborts);
  }

  /** Parses the page that lies at `position` of a file with this salt; null when the bytes are none. */
  static decode(bytes: Buffer, salt: number, position: number): IndexPage | null {
    const header = readPageHeader(bytes, salt, position);
    if (header === null) return null;
    const page = new IndexPage(ownBuffer(bytes), position, header.counts, header.before);
    return isConsistent(page) ? page : null;
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
}
