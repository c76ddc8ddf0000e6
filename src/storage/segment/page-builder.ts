/** Collects the rows of an index page while its blocks are written. */
import type { AbortedTransaction, StreamId } from '../types.ts';
import type { PageCounts, PagePlace } from './page-format.ts';
import { PageColumns, pageBytes, sealPage } from './page-format.ts';

/** A batch whose timestamp is further than this from its run's starts a new run: searches by time stay sharp. */
const RUN_TIMESTAMP_SPAN_MS = 10_000;
/** A batch without timestamps that was written further than this from its run's last starts a new run. */
const RUN_WRITTEN_SPAN_MS = 1000;

/** A batch as a page knows it. */
export interface PageBatch {
  readonly stream: StreamId;
  readonly baseOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  readonly leaderEpoch: number;
  readonly maxTimestampMs: number;
  readonly writtenMs: number;
}

/** What a batch's own header does not say, where some batch of the page has none: its CRC-32C; 0 without need. */
export interface BatchPlace {
  /** Exclusive end in the uncompressed block. */
  readonly end: number;
  readonly crc: number;
  /** Its header has its own max timestamp, and that is the same. */
  readonly isSelfContained: boolean;
}

export interface BlockPlace {
  readonly position: number;
  readonly storedBytes: number;
  readonly rawBytes: number;
  readonly crc: number;
  readonly flags: number;
}

interface Run {
  readonly stream: number;
  readonly baseOffset: number;
  endOffset: number;
  maxTimestampMs: number;
  writtenMs: number;
  readonly leaderEpoch: number;
  readonly firstBatch: number;
  readonly block: number;
}

export class PageBuilder {
  readonly #runs: Run[] = [];
  readonly #end: number[] = [];
  readonly #offsetDelta: number[] = [];
  readonly #offsetCount: number[] = [];
  readonly #maxTimestampMs: number[] = [];
  readonly #crc: number[] = [];
  readonly #blocks: BlockPlace[] = [];
  readonly #blockFirst: number[] = [];
  readonly #aborts: Array<readonly [StreamId, AbortedTransaction]> = [];
  #hasOwnColumns = false;
  /** A block was begun whose place is not known yet. */
  #inBlock = false;

  get counts(): PageCounts {
    return {
      runs: this.#runs.length,
      batches: this.#end.length,
      blocks: this.#blockFirst.length,
      aborts: this.#aborts.length,
      hasOwnColumns: this.#hasOwnColumns,
    };
  }

  get byteLength(): number {
    return pageBytes(this.counts);
  }

  get isEmpty(): boolean {
    return this.#runs.length === 0;
  }

  get first(): Run {
    return this.#runs[0] as Run;
  }

  get last(): Run {
    return this.#runs.at(-1) as Run;
  }

  get maxTimestampMs(): number {
    return this.#runs.reduce((max, run) => Math.max(max, run.maxTimestampMs), -1);
  }

  get abortCount(): number {
    return this.#aborts.length;
  }

  /** Bytes of the uncompressed blocks. */
  get batchBytes(): number {
    return this.#blocks.reduce((sum, { rawBytes }) => sum + rawBytes, 0);
  }

  /** Adds a batch behind all others, to the block that is open. */
  add(batch: PageBatch, place: BatchPlace): void {
    const row = this.#end.length;
    const opensBlock = !this.#inBlock;
    if (opensBlock) this.#blockFirst.push(row);
    this.#inBlock = true;
    let run = this.#runs.at(-1);
    if (run === undefined || opensBlock || !continues(run, batch)) {
      const { stream, baseOffset, endOffset, maxTimestampMs, writtenMs, leaderEpoch } = batch;
      const block = this.#blockFirst.length - 1;
      run = { stream, baseOffset, endOffset, maxTimestampMs, writtenMs, leaderEpoch, firstBatch: row, block };
      this.#runs.push(run);
    }
    run.endOffset = batch.endOffset;
    run.maxTimestampMs = Math.max(run.maxTimestampMs, batch.maxTimestampMs);
    run.writtenMs = batch.writtenMs;
    this.#end.push(place.end);
    this.#offsetDelta.push(batch.baseOffset - run.baseOffset);
    this.#offsetCount.push(batch.endOffset - batch.baseOffset);
    this.#maxTimestampMs.push(batch.maxTimestampMs);
    this.#crc.push(place.crc);
    if (!place.isSelfContained) this.#hasOwnColumns = true;
  }

  /** The last batch added is the marker of this transaction. */
  addAborted(stream: StreamId, aborted: AbortedTransaction): void {
    this.#aborts.push([stream, aborted]);
  }

  /** The open block is written. */
  endBlock(place: BlockPlace): void {
    this.#blocks.push(place);
    this.#inBlock = false;
  }

  /** The page for `position`, and an empty builder behind it. */
  take(salt: number, position: number, before: PagePlace | null): Buffer {
    const { counts } = this;
    const buffer = new ArrayBuffer(pageBytes(counts));
    const columns = new PageColumns(buffer, counts);
    this.#fillRuns(columns);
    columns.batches.end.set(this.#end);
    columns.batches.offsetDelta.set(this.#offsetDelta);
    columns.batches.offsetCount.set(this.#offsetCount);
    columns.batches.maxTimestampMs?.set(this.#maxTimestampMs);
    columns.batches.crc?.set(this.#crc);
    this.#fillBlocks(columns);
    this.#fillAborts(columns);
    this.#clear();
    return sealPage(buffer, counts, { salt, position, before });
  }

  #fillRuns({ runs }: PageColumns): void {
    this.#runs.forEach((run, row) => {
      runs.stream[row] = run.stream;
      runs.baseOffset[row] = run.baseOffset;
      runs.endOffset[row] = run.endOffset;
      runs.maxTimestampMs[row] = run.maxTimestampMs;
      runs.writtenMs[row] = run.writtenMs;
      runs.leaderEpoch[row] = run.leaderEpoch;
      runs.firstBatch[row] = run.firstBatch;
      runs.block[row] = run.block;
    });
  }

  #fillBlocks({ blocks }: PageColumns): void {
    this.#blocks.forEach((block, row) => {
      blocks.position[row] = block.position;
      blocks.storedBytes[row] = block.storedBytes;
      blocks.rawBytes[row] = block.rawBytes;
      blocks.crc[row] = block.crc;
      blocks.flags[row] = block.flags;
      blocks.firstBatch[row] = this.#blockFirst[row] as number;
    });
  }

  #fillAborts({ aborts }: PageColumns): void {
    this.#aborts.forEach(([stream, aborted], row) => {
      aborts.stream[row] = stream;
      aborts.firstOffset[row] = aborted.firstOffset;
      aborts.lastOffset[row] = aborted.lastOffset;
      aborts.lastStableOffset[row] = aborted.lastStableOffset;
      aborts.producerId[row] = aborted.producerId;
    });
  }

  #clear(): void {
    for (const list of [this.#end, this.#offsetDelta, this.#offsetCount, this.#maxTimestampMs, this.#crc])
      list.length = 0;
    this.#runs.length = 0;
    this.#blocks.length = 0;
    this.#blockFirst.length = 0;
    this.#aborts.length = 0;
    this.#hasOwnColumns = false;
  }
}

function continues(run: Run, batch: PageBatch): boolean {
  const isDated = batch.maxTimestampMs >= 0;
  return (
    run.stream === batch.stream &&
    run.leaderEpoch === batch.leaderEpoch &&
    run.maxTimestampMs >= 0 === isDated &&
    Math.abs(run.maxTimestampMs - batch.maxTimestampMs) <= RUN_TIMESTAMP_SPAN_MS &&
    (isDated || Math.abs(batch.writtenMs - run.writtenMs) <= RUN_WRITTEN_SPAN_MS) &&
    batch.endOffset - run.baseOffset < 2 ** 32
  );
}
