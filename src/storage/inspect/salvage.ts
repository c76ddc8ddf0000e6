/** Copies what is sound of a damaged segment into new files, which take its place in its layer. */
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { DamagedInput } from '../convert/input.ts';
import { LayerOutput } from '../convert/layer-output.ts';
import type { PublishedSegment } from '../convert/publication.ts';
import { readBlock } from '../convert/segment-input.ts';
import { type Files, type OpenFile, readFully } from '../files/files.ts';
import { recordsTimestamp } from '../format/batch.ts';
import type { SegmentDescriptor } from '../segment/descriptor.ts';
import { IndexPage } from '../segment/page.ts';
import { BLOCK_RECORDS, MAX_PAGE_BYTES, PAGE_HEADER_BYTES, type PagePlace } from '../segment/page-format.ts';
import { PageTable } from '../segment/page-table.ts';
import { isSoundBatch } from '../segment/paged-batch.ts';
import type { AbortedTransaction } from '../types.ts';

/** Where a copy goes, and what it needs. */
export interface SalvageContext {
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  /** Of the segments. */
  readonly folder: string;
  readonly clusterId: string;
}

/** zstd level of the copy of a file that is compressed. */
const LEVEL = 3;

/** An aborted transaction of a page, with the stream of its marker. */
interface PagedAbort extends AbortedTransaction {
  readonly stream: number;
}

class Salvage {
  readonly #file: OpenFile;
  readonly #input: { readonly path: string; readonly descriptor: SegmentDescriptor; readonly mustRewrite: true };
  readonly #output: LayerOutput;

  constructor(file: OpenFile, path: string, descriptor: SegmentDescriptor, output: LayerOutput) {
    this.#file = file;
    this.#input = { path, descriptor, mustRewrite: true };
    this.#output = output;
  }

  async run(): Promise<readonly SegmentDescriptor[]> {
    for await (const page of this.#pages()) await this.#copyPage(page);
    await this.#output.finish();
    return this.#output.segments.map(({ descriptor }) => descriptor);
  }

  async #read(position: number, byteLength: number): Promise<Buffer> {
    const bytes = Buffer.from(new ArrayBuffer(byteLength));
    return bytes.subarray(0, await readFully(this.#file, bytes, position));
  }

  async #page({ position, byteLength }: PagePlace): Promise<IndexPage | null> {
    return IndexPage.decode(await this.#read(position, byteLength), this.#input.descriptor.salt, position);
  }

  /** All sound pages, in order. */
  async *#pages(): AsyncGenerator<IndexPage, void, undefined> {
    for (const place of await this.#places()) {
      const page = await this.#page(place);
      if (page !== null) yield page;
    }
  }

  /** Of all pages by the table; where that is damaged, from the last one back as far as they are sound. */
  async #places(): Promise<PagePlace[]> {
    const { salt, tablePosition, tableBytes } = this.#input.descriptor;
    const table = PageTable.decode(await this.#read(tablePosition, tableBytes), salt, tablePosition);
    if (table !== null) {
      const { position, byteLength } = table;
      return Array.from(position, (at, row) => ({ position: at, byteLength: byteLength[row] as number }));
    }
    const places: PagePlace[] = [];
    for (let page = await this.#lastPage(); page !== null; ) {
      places.unshift({ position: page.position, byteLength: page.bytes.length });
      page = page.before === null ? null : await this.#page(page.before);
    }
    return places;
  }

  /** The page that ends where the table begins: each says how long it is. */
  async #lastPage(): Promise<IndexPage | null> {
    const end = this.#input.descriptor.tablePosition;
    const start = Math.max(0, end - MAX_PAGE_BYTES);
    const bytes = await this.#read(start, end - start);
    for (let at = bytes.length - PAGE_HEADER_BYTES; at >= 0; at--) {
      const byteLength = bytes.length - at;
      if (bytes.readUInt32LE(at + 4) !== byteLength) continue;
      const page = await this.#page({ position: start + at, byteLength });
      if (page !== null) return page;
    }
    return null;
  }

  async #copyPage(page: IndexPage): Promise<void> {
    const aborts = abortsOf(page);
    let block = -1;
    let raw: Buffer | null = null;
    for (let run = 0; run < page.runCount; run++) {
      if (page.blockOf(run) !== block) {
        block = page.blockOf(run);
        raw = this.#block(page, block);
      }
      if (raw !== null) await this.#copyRun(page, run, raw, aborts);
      this.#keepAborts(aborts, page.runs.stream[run] as number, page.runs.endOffset[run] as number);
    }
  }

  /** Of markers before an offset that are lost, it stays known what they aborted. */
  #keepAborts(aborts: PagedAbort[], stream: number, offset: number): void {
    const lost = aborts.splice(0, countBefore(aborts, stream, offset));
    for (const aborted of lost) this.#output.addAborted(stream, aborted);
  }

  #block(page: IndexPage, block: number): Buffer | null {
    try {
      return readBlock({ input: this.#input, file: this.#file }, page, block, 0);
    } catch (error) {
      if (error instanceof DamagedInput) return null;
      throw error;
    }
  }

  async #copyRun(page: IndexPage, run: number, raw: Buffer, aborts: PagedAbort[]): Promise<void> {
    const { runs, batches, blocks } = page;
    const block = page.blockOf(run);
    const stream = runs.stream[run] as number;
    const place = { stream, isLarge: false, isCompacted: this.#input.descriptor.isCompacted };
    for (let batch = runs.firstBatch[run] as number; batch < page.pastBatch(run); batch++) {
      const start = page.startOf(batch, block);
      if (!isSoundBatch(raw, start, page, run, batch)) continue;
      const bytes = raw.subarray(start, batches.end[batch] as number);
      const baseOffset = (runs.baseOffset[run] as number) + (batches.offsetDelta[batch] as number);
      const endOffset = baseOffset + (batches.offsetCount[batch] as number);
      await this.#output.prepare(place, bytes.length);
      this.#keepAborts(aborts, stream, baseOffset);
      const [own = null] = aborts.splice(0, countBefore(aborts, stream, endOffset));
      const added = {
        stream,
        baseOffset,
        endOffset,
        leaderEpoch: runs.leaderEpoch[run] as number,
        maxTimestampMs: batches.maxTimestampMs?.[batch] ?? recordsTimestamp(raw, start),
        writtenMs: runs.writtenMs[run] as number,
        bytes,
        isRecordBatch: ((blocks.flags[block] as number) & BLOCK_RECORDS) !== 0,
      };
      this.#output.add(added, own);
    }
  }
}

function abortsOf({ aborts }: IndexPage): PagedAbort[] {
  return Array.from(aborts.stream, (stream, row) => ({
    stream,
    producerId: aborts.producerId[row] as bigint,
    firstOffset: aborts.firstOffset[row] as number,
    lastOffset: aborts.lastOffset[row] as number,
    lastStableOffset: aborts.lastStableOffset[row] as number,
  }));
}

/** How many of the transactions have their marker before an offset of the stream. */
function countBefore(aborts: readonly PagedAbort[], stream: number, offset: number): number {
  const behind = aborts.findIndex((one) => one.stream > stream || (one.stream === stream && one.lastOffset >= offset));
  return behind < 0 ? aborts.length : behind;
}

/**
 * Copies the sound batches of a segment.
 * @returns the new files, on the device; none when nothing of it is sound
 * @throws errors of the disk
 */
export async function salvageSegment(
  context: SalvageContext,
  { firstSequence, lastSequence, descriptor }: PublishedSegment,
  path: string,
  mergeId: number,
): Promise<readonly SegmentDescriptor[]> {
  const { files, folder, clusterId, clock } = context;
  const plan = {
    mergeId,
    folder,
    clusterId,
    nowMs: clock.now(),
    inputs: [],
    maxSegmentBytes: Number.MAX_SAFE_INTEGER,
    largeStreamBytes: Number.MAX_SAFE_INTEGER,
    level: descriptor.fileBytes < descriptor.batchBytes ? LEVEL : 0,
    bytesPerSecond: 0,
  };
  const output = new LayerOutput(context, plan, { firstSequence, lastSequence });
  const file = await files.open(path, 'read');
  try {
    return await new Salvage(file, path, descriptor, output).run();
  } catch (error) {
    await output.abandon();
    throw error;
  } finally {
    await file.close();
  }
}
