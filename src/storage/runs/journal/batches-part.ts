/** Whole batches of one run or several, in order of position, as one part of a read. */
import type { Slice } from '../../../base/counted.ts';
import { SliceGatherer } from '../../files/slice-gatherer.ts';
import type { ReadBuffer } from '../../files/read-buffers.ts';
import { hasSoundCrc, holdsRecordBatch } from '../../format/batch.ts';
import { ENTRY_HEADER_BYTES } from '../../format/format.ts';
import { entryPosition, type FileIndex } from '../../index/file-index.ts';
import { isIndexedBatch } from '../../index/indexed-batch.ts';
import type { JournalFile } from '../../index/journal-file.ts';
import type { StorageError } from '../../types.ts';
import {
  type BatchPlace,
  FilePart,
  FLAGS_AT,
  type JournalReads,
  PART_BYTES,
  type Span,
  whenFilled,
} from './file-part.ts';

/** Entries with no more than this between them are read in one go: it costs less than a second read. */
const JOIN_GAP_BYTES = 32 * 1024;

/** A range of consecutive entries of one run. */
interface EntryRange {
  readonly run: number;
  readonly firstEntry: number;
  count: number;
}

/** Whole batches: one or more ranges of entries, in order of position. It grows until it is given away. */
export class BatchesPart extends FilePart {
  readonly #index: FileIndex;
  readonly #stream: number;
  readonly #ranges: EntryRange[];
  /** The last of them. */
  #range: EntryRange;
  /** Bytes that reading from the file takes, gaps included. */
  #readBytes: number;
  /** Where the last batch ends. */
  #end: number;

  /** Of one batch of at most PART_BYTES, with its header. */
  constructor(place: BatchPlace, stream: number, file: JournalFile, sources: JournalReads) {
    const { index, run, entry } = place;
    const byteLength = index.entries.length[entry] as number;
    super(file, byteLength, sources);
    this.#index = index;
    this.#stream = stream;
    this.#range = { run, firstEntry: entry, count: 1 };
    this.#ranges = [this.#range];
    this.#readBytes = ENTRY_HEADER_BYTES + byteLength;
    this.#end = entryPosition(index, entry) + ENTRY_HEADER_BYTES + byteLength;
  }

  /** Takes in a batch that lies behind the others of it; false when it would grow too large. */
  grows(run: number, entry: number): boolean {
    const payloadLength = this.#index.entries.length[entry] as number;
    const position = entryPosition(this.#index, entry);
    const gap = position - this.#end;
    const size = ENTRY_HEADER_BYTES + payloadLength;
    const readBytes = this.#readBytes + (gap <= JOIN_GAP_BYTES ? gap + size : size);
    if (readBytes > PART_BYTES) return false;
    this.#readBytes = readBytes;
    this.byteLength += payloadLength;
    this.#end = position + size;
    const range = this.#range;
    if (range.run === run && range.firstEntry + range.count === entry) range.count += 1;
    else {
      this.#range = { run, firstEntry: entry, count: 1 };
      this.#ranges.push(this.#range);
    }
    return true;
  }

  load(): readonly Slice[] | Promise<readonly Slice[]> {
    const first = entryPosition(this.#index, (this.#ranges[0] as EntryRange).firstEntry);
    return this.file.resident.find(first) >= 0 ? this.#loadMemory() : this.#loadFile();
  }

  /** The file's bytes in memory reach to its end, so if the first batch is there all are. */
  #loadMemory(): readonly Slice[] {
    const { resident } = this.file;
    const { length } = this.#index.entries;
    const out = new SliceGatherer(this.sources.buffers, this.byteLength);
    let piece = -1;
    for (const { firstEntry, count } of this.#ranges) {
      this.sources.stats.cacheHits += count;
      for (let entry = firstEntry; entry < firstEntry + count; entry++) {
        const position = entryPosition(this.#index, entry) + ENTRY_HEADER_BYTES;
        piece = resident.findFrom(piece < 0 ? resident.find(position - ENTRY_HEADER_BYTES) : piece, position);
        const { bytes, owner } = resident.slice(piece);
        out.add(bytes, position - resident.start(piece), length[entry] as number, owner);
      }
    }
    return out.finish();
  }

  #loadFile(): readonly Slice[] | Promise<readonly Slice[]> {
    const buffer = this.sources.buffers.take(this.#readBytes);
    const spans = this.#spans();
    return whenFilled(
      buffer,
      () => this.readSpans(buffer.bytes, spans),
      () => this.#gather(buffer, spans),
    );
  }

  /** The file reads that bring all entries: each ends at the first gap that is not worth reading. */
  #spans(): Span[] {
    const { length } = this.#index.entries;
    const spans: Span[] = [];
    let last: Span | null = null;
    for (const { firstEntry, count } of this.#ranges) {
      for (let entry = firstEntry; entry < firstEntry + count; entry++) {
        const start = entryPosition(this.#index, entry);
        const end = start + ENTRY_HEADER_BYTES + (length[entry] as number);
        if (last !== null && start - last.end <= JOIN_GAP_BYTES) {
          last.end = end;
        } else {
          last = { start, end };
          spans.push(last);
        }
      }
    }
    return spans;
  }

  #gather(buffer: ReadBuffer, spans: readonly Span[]): readonly Slice[] {
    const { length } = this.#index.entries;
    const { bytes, view } = buffer;
    const out = new SliceGatherer(this.sources.buffers, this.byteLength);
    let row = 0;
    let span = spans[0] as Span;
    let spanAt = 0;
    try {
      for (const { run, firstEntry, count } of this.#ranges) {
        this.sources.stats.cacheMisses += count;
        for (let entry = firstEntry; entry < firstEntry + count; entry++) {
          const position = entryPosition(this.#index, entry);
          if (position >= span.end) {
            spanAt += span.end - span.start;
            row += 1;
            span = spans[row] as Span;
          }
          const at = spanAt + position - span.start;
          // A record batch carries a checksum to whoever reads it; other bytes do not.
          const isSound =
            isIndexedBatch(view, at, this.#index, run, entry) &&
            (holdsRecordBatch(view.getUint8(at + FLAGS_AT)) || hasSoundCrc(bytes, view, at, this.file.salt, position));
          if (!isSound) throw this.#damaged(position);
          out.add(bytes, at + ENTRY_HEADER_BYTES, length[entry] as number, buffer);
        }
      }
      return out.finish();
    } catch (error) {
      out.abandon();
      throw error;
    }
  }

  #damaged(position: number): StorageError {
    return this.sources.damage.batch(this.file, position, this.#stream);
  }
}
