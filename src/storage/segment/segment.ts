/** A segment file as something that holds runs. */
import { dirname } from 'node:path';
import type { AbortSearch } from '../index/abort-index.ts';
import type { Pins, RangeVisitor, RunSource } from '../runs/run-source.ts';
import { NeedsIndex } from '../runs/run-source.ts';
import { StorageError } from '../types.ts';
import type { StreamId } from '../types.ts';
import type { PagePlace } from './cursor.ts';
import { SegmentCursor } from './cursor.ts';
import type { SegmentDescriptor } from './descriptor.ts';
import { decodeSegmentFooter, decodeSegmentHeader, SEGMENT_FOOTER_BYTES, SEGMENT_HEADER_BYTES } from './format.ts';
import { SegmentFile } from './segment-file.ts';
import type { SegmentStore } from './store.ts';

/** The place of a range is made of the rows of page and run. More runs no page has. */
const PAGE_RUNS = 2 ** 16;

export class Segment implements RunSource {
  readonly descriptor: SegmentDescriptor;
  readonly store: SegmentStore;
  readonly file: SegmentFile;
  #references = 0;

  constructor(store: SegmentStore, path: string, descriptor: SegmentDescriptor) {
    this.descriptor = descriptor;
    this.store = store;
    this.file = new SegmentFile(store, path, descriptor);
  }

  get firstSequence(): number {
    return this.descriptor.firstSequence;
  }

  get lastSequence(): number {
    return this.descriptor.lastSequence;
  }

  get name(): string {
    return this.file.path;
  }

  get storedBytes(): number {
    return this.descriptor.fileBytes;
  }

  get batchBytes(): number {
    return this.descriptor.batchBytes;
  }

  get hasAborts(): boolean {
    return this.descriptor.hasAborts;
  }

  get isReferenced(): boolean {
    return this.#references > 0;
  }

  retain(): void {
    this.#references += 1;
  }

  release(): void {
    this.#references -= 1;
  }

  /**
   * Looks whether the file is there and whole, as far as its beginning and end tell.
   * @throws StorageError CORRUPT, IO
   */
  async check(): Promise<void> {
    const { file, store, descriptor } = this;
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
    await store.read(file, header, 0);
    const begins = decodeSegmentHeader(header);
    const position = descriptor.fileBytes - SEGMENT_FOOTER_BYTES;
    const footer = Buffer.alloc(SEGMENT_FOOTER_BYTES);
    await store.read(file, footer, position);
    const ends = decodeSegmentFooter(footer, descriptor.salt, position);
    if (begins?.salt === descriptor.salt && ends?.tablePosition === descriptor.tablePosition) return;
    const at = begins?.salt === descriptor.salt ? position : 0;
    throw new StorageError(
      'CORRUPT',
      `${file.path} is damaged at ${at}: check the disk and restore the file from a copy, or go on with what is sound ` +
        `of it: walka wal repair --data-dir ${dirname(dirname(file.path))}`,
    );
  }

  /** Closes the file, which nobody references any more. */
  async close(): Promise<void> {
    await this.store.close(this.file);
  }

  find(stream: StreamId, offset: number, pins: Pins | null): SegmentCursor | NeedsIndex | null {
    if (!this.#mayHold(stream, offset)) return null;
    const table = this.file.table.at(pins);
    if (table instanceof NeedsIndex) return table;
    const row = table.find(stream, offset);
    if (!table.mayHold(row, stream)) return null;
    const page = this.file.page(table, row).at(pins);
    if (page instanceof NeedsIndex) return page;
    const run = page.findRun(stream, offset);
    return page.runs.stream[run] === stream ? new SegmentCursor(this, stream, { table, row, page }, run, offset) : null;
  }

  endOf(stream: StreamId, pins: Pins | null): number | NeedsIndex {
    const { firstStream, lastStream, endOffset } = this.descriptor;
    if (lastStream === stream) return endOffset;
    if (firstStream > stream || lastStream < stream) return -1;
    const table = this.file.table.at(pins);
    if (table instanceof NeedsIndex) return table;
    const row = table.lastFrom(stream);
    if (!table.mayHold(row, stream)) return -1;
    if (table.lastStream[row] === stream) return table.endOffset[row] as number;
    const page = this.file.page(table, row).at(pins);
    if (page instanceof NeedsIndex) return page;
    const run = page.findRun(stream, Number.POSITIVE_INFINITY) - 1;
    return page.runs.stream[run] === stream ? (page.runs.endOffset[run] as number) : -1;
  }

  /** Nothing is told to the search before all that it takes is at hand: it may be asked again. */
  searchAborts(stream: StreamId, search: AbortSearch, pins: Pins | null): boolean | NeedsIndex {
    if (!this.hasAborts || !this.#mayHold(stream, search.nextMarker)) return false;
    const table = this.file.table.at(pins);
    if (table instanceof NeedsIndex) return table;
    const here = search.attempt();
    let isDone = false;
    for (let row = table.find(stream, search.nextMarker); !isDone && table.mayHold(row, stream); row++) {
      if (table.aborts[row] === 0) continue;
      const page = this.file.page(table, row).at(pins);
      if (page instanceof NeedsIndex) return page;
      isDone = page.abortIndex.search(stream, here);
    }
    search.take(here);
    return isDone;
  }

  visitRanges(from: number, visit: RangeVisitor, pins: Pins | null): number | NeedsIndex {
    const table = this.file.table.at(pins);
    if (table instanceof NeedsIndex) return table;
    let run = from % PAGE_RUNS;
    for (let row = Math.floor(from / PAGE_RUNS); row < table.count; row++) {
      const page = this.file.page(table, row).at(pins);
      if (page instanceof NeedsIndex) return page;
      const { stream, baseOffset, endOffset } = page.runs;
      for (; run < page.runCount; run++) {
        const [of, base, end] = [stream[run] as number, baseOffset[run] as number, endOffset[run] as number];
        if (!visit(of, base, end, page.runBytes(run))) return row * PAGE_RUNS + run;
      }
      run = 0;
    }
    return -1;
  }

  /** The page behind one, if it may hold the stream and is at hand. */
  following({ table, row }: PagePlace, stream: StreamId): PagePlace | null {
    if (!table.mayHold(row + 1, stream)) return null;
    const page = this.file.page(table, row + 1).at(null);
    return page instanceof NeedsIndex ? null : { table, row: row + 1, page };
  }

  #mayHold(stream: StreamId, offset: number): boolean {
    const { firstStream, lastStream, endOffset } = this.descriptor;
    return firstStream <= stream && (lastStream > stream || (lastStream === stream && endOffset > offset));
  }
}
