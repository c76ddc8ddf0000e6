/** Reads consecutive batches of one stream: from the index to a list of parts. */
import type { Part } from '../../base/counted.ts';
import type { Directory } from '../directory.ts';
import { damagedBatch, isDamaged } from './damage.ts';
import type { FileIndex } from '../index/file-index.ts';
import { entryAt, entryEndOffset, entryPosition } from '../index/file-index.ts';
import { ENTRY_HEADER_BYTES } from '../format/format.ts';
import type { JournalFile } from '../index/journal-file.ts';
import type { Locator, Pins, Place } from './locate.ts';
import { NeedsIndex, withIndexes } from './locate.ts';
import type { EntryRange, PartSources } from './parts.ts';
import { BatchesPart, FirstPayloadPart, JOIN_GAP_BYTES, PART_BYTES, PayloadPart } from './parts.ts';
import { StorageError } from '../types.ts';
import type { ReadOptions, StreamRead } from '../types.ts';

/** Batches one read looks at, at most: a read of very many tiny ones must not hold the event loop. */
const MAX_BATCHES = 32 * 1024;

/** Builds the parts of one read. */
class PartBuilder {
  readonly #sources: PartSources;
  readonly #stream: number;
  readonly parts: Part[] = [];
  byteLength = 0;
  #file: JournalFile | null = null;
  #index: FileIndex | null = null;
  #ranges: EntryRange[] = [];
  #partBytes = 0;
  #readBytes = 0;
  #end = 0;

  constructor(stream: number, sources: PartSources) {
    this.#stream = stream;
    this.#sources = sources;
  }

  add({ file, index, run }: Place, entry: number): void {
    const payloadLength = index.entries.length[entry] as number;
    const position = entryPosition(index, entry);
    this.byteLength += payloadLength;
    if (payloadLength + ENTRY_HEADER_BYTES > PART_BYTES) {
      this.finish();
      this.#addLarge({ file, index, run }, entry);
      return;
    }
    const size = ENTRY_HEADER_BYTES + payloadLength;
    const gap = position - this.#end;
    const extra = file === this.#file && gap <= JOIN_GAP_BYTES ? gap + size : size;
    if (file !== this.#file || index !== this.#index || this.#readBytes + extra > PART_BYTES) {
      this.finish();
      this.#file = file;
      this.#index = index;
      this.#readBytes = size;
    } else this.#readBytes += extra;
    this.#partBytes += payloadLength;
    this.#end = position + size;
    const range = this.#ranges.at(-1);
    if (range !== undefined && range.run === run) range.count += 1;
    else this.#ranges.push({ run, firstEntry: entry, count: 1 });
  }

  finish(): void {
    const file = this.#file;
    const index = this.#index;
    if (file !== null && index !== null && this.#ranges.length > 0) {
      const place = { file, index, stream: this.#stream, ranges: this.#ranges, readBytes: this.#readBytes };
      this.parts.push(new BatchesPart(place, this.#partBytes, this.#sources));
    }
    this.#file = null;
    this.#index = null;
    this.#ranges = [];
    this.#partBytes = 0;
    this.#readBytes = 0;
  }

  #addLarge({ file, index, run }: Place, entry: number): void {
    const position = entryPosition(index, entry) + ENTRY_HEADER_BYTES;
    const payloadLength = index.entries.length[entry] as number;
    // The first has the entry's header read with it, and is no larger than the others with that.
    const first = PART_BYTES - ENTRY_HEADER_BYTES;
    this.parts.push(new FirstPayloadPart(file, { index, run, entry }, first, this.#sources));
    for (let done = first; done < payloadLength; done += PART_BYTES) {
      const byteLength = Math.min(PART_BYTES, payloadLength - done);
      this.parts.push(new PayloadPart(file, position + done, byteLength, this.#sources));
    }
  }
}

export class Reader {
  readonly #directory: Directory;
  readonly #locator: Locator;
  readonly #sources: PartSources;

  constructor(directory: Directory, locator: Locator, sources: PartSources) {
    this.#directory = directory;
    this.#locator = locator;
    this.#sources = sources;
  }

  /** See LogEngine.read. */
  read(options: ReadOptions): StreamRead | Promise<StreamRead> {
    const result = this.#attempt(options, null);
    if (!(result instanceof NeedsIndex)) return result;
    return withIndexes(this.#sources.files, (pins) => this.#attempt(options, pins));
  }

  #attempt(options: ReadOptions, pins: Pins | null): StreamRead | NeedsIndex {
    const { stream } = options;
    const row = this.#directory.find(stream);
    if (row < 0) throw new StorageError('NOT_FOUND', `No stream ${stream}`);
    const from = Math.max(options.offset, this.#directory.logStart[row] as number);
    const limit = Math.min(options.endOffset, this.#directory.writtenEnd[row] as number);
    const nothing = { parts: [], byteLength: 0, startOffset: options.offset, endOffset: options.offset };
    if (from >= limit) return nothing;
    const place = this.#locator.find(stream, from, pins);
    if (place instanceof NeedsIndex) return place;
    return place === null ? nothing : this.#collect(options, { place, from, limit }, pins);
  }

  #collect(
    options: ReadOptions,
    range: { readonly place: Place; readonly from: number; readonly limit: number },
    pins: Pins | null,
  ): StreamRead {
    const builder = new PartBuilder(options.stream, this.#sources);
    let { file, index, run } = range.place;
    let entry = entryAt(index, run, Math.max(range.from, index.runs.baseOffset[run] as number));
    const startOffset = (index.runs.baseOffset[run] as number) + (index.entries.offsetDelta[entry] as number);
    let endOffset = startOffset;
    for (let batches = 0; batches < MAX_BATCHES; batches++) {
      const batchEnd = entryEndOffset(index, run, entry);
      const isFirst = batches === 0 && options.atLeastOne;
      const fits = builder.byteLength + (index.entries.length[entry] as number) <= options.maxBytes;
      if (batchEnd > range.limit || (!fits && !isFirst)) break;
      if (isDamaged(file, entryPosition(index, entry))) {
        if (batches === 0) throw damagedBatch(file, entryPosition(index, entry), options.stream);
        break;
      }
      builder.add({ file, index, run }, entry);
      const baseOffset = (index.runs.baseOffset[run] as number) + (index.entries.offsetDelta[entry] as number);
      options.onBatch?.(baseOffset, batchEnd, index.entries.length[entry] as number);
      endOffset = batchEnd;
      entry += 1;
      if (entry < (index.runs.firstEntry[run] as number) + (index.runs.entryCount[run] as number)) continue;
      run = index.next(run);
      if (run < 0) {
        if (endOffset >= range.limit || builder.byteLength >= options.maxBytes) break;
        const place = this.#locator.after(file, options.stream, pins);
        // What was found so far is an answer; the next read loads the index.
        if (place === null || place instanceof NeedsIndex) break;
        ({ file, index, run } = place);
      }
      entry = index.runs.firstEntry[run] as number;
    }
    builder.finish();
    if (builder.parts.length === 0) {
      return { parts: [], byteLength: 0, startOffset: options.offset, endOffset: options.offset };
    }
    return { parts: builder.parts, byteLength: builder.byteLength, startOffset, endOffset };
  }
}
