/**
 * Parts of a read: stretches of one journal file whose batches are sent with the entry headers cut out. Nothing is held
 * in memory until the part is loaded, right before it is sent: then it comes from the tail cache if it is still there,
 * else from the file.
 */
import type { Part, Slice } from '../base/counted.ts';
import type { FileIndex } from './file-index.ts';
import { entryPosition } from './file-index.ts';
import type { FileTable } from './file-table.ts';
import { ENTRY_HEADER_BYTES } from './format.ts';
import type { JournalFile } from './journal/file.ts';
import type { ReadBuffer, ReadBufferPool } from './read-buffers.ts';
import type { EngineStats } from './stats.ts';
import { StorageError } from './types.ts';

/** Bytes of one part at most, and of the file reads behind it. */
export const PART_BYTES = 1024 * 1024;

/** Entries with no more than this between them are read in one go: it costs less than a second read. */
export const JOIN_GAP_BYTES = 32 * 1024;

/** Payloads below this are copied together, larger ones are sent from where they are. */
const COPY_BELOW_BYTES = 8 * 1024;

export interface PartSources {
  readonly files: FileTable;
  readonly buffers: ReadBufferPool;
  readonly stats: EngineStats;
}

/** A range of consecutive entries of one run. */
export interface EntryRange {
  readonly firstEntry: number;
  count: number;
}

/** Fields shared by both kinds of parts: the file is kept from being deleted. */
abstract class FilePart implements Part {
  readonly byteLength: number;
  protected readonly file: JournalFile;
  protected readonly sources: PartSources;

  constructor(file: JournalFile, byteLength: number, sources: PartSources) {
    this.file = file;
    this.byteLength = byteLength;
    this.sources = sources;
    file.references += 1;
  }

  abstract load(): readonly Slice[] | Promise<readonly Slice[]>;

  release(): void {
    this.file.references -= 1;
  }

  protected async readInto(bytes: Buffer, position: number): Promise<void> {
    const { file, sources } = this;
    const read = await sources.files.read(file, bytes, position);
    sources.stats.fileReads += 1;
    sources.stats.fileReadBytes += read;
    if (read < bytes.length) throw new StorageError('CORRUPT', `${file.path} ends before ${position + bytes.length}`);
  }
}

/** A stretch of one large payload. */
export class PayloadPart extends FilePart {
  readonly #position: number;

  constructor(file: JournalFile, position: number, byteLength: number, sources: PartSources) {
    super(file, byteLength, sources);
    this.#position = position;
  }

  load(): readonly Slice[] | Promise<readonly Slice[]> {
    const { pieces } = this.file;
    const piece = pieces.find(this.#position);
    if (piece < 0) return this.#loadFile();
    const { bytes, owner } = pieces.slice(piece);
    const start = this.#position - pieces.start(piece);
    this.sources.stats.cacheHits += 1;
    owner.retain();
    return [{ bytes: bytes.subarray(start, start + this.byteLength), owner }];
  }

  async #loadFile(): Promise<readonly Slice[]> {
    this.sources.stats.cacheMisses += 1;
    const buffer = this.sources.buffers.take(this.byteLength);
    try {
      const bytes = buffer.bytes.subarray(0, this.byteLength);
      await this.readInto(bytes, this.#position);
      return [{ bytes, owner: buffer }];
    } catch (error) {
      buffer.release();
      throw error;
    }
  }
}

/** Whole batches: one or more ranges of entries, in order of position. */
export class BatchesPart extends FilePart {
  readonly #index: FileIndex;
  readonly #ranges: readonly EntryRange[];
  /** Bytes that reading from the file takes, gaps included. */
  readonly #readBytes: number;
  readonly #stream: number;

  constructor(place: BatchesPlace, byteLength: number, sources: PartSources) {
    super(place.file, byteLength, sources);
    this.#index = place.index;
    this.#ranges = place.ranges;
    this.#readBytes = place.readBytes;
    this.#stream = place.stream;
  }

  load(): readonly Slice[] | Promise<readonly Slice[]> {
    const first = entryPosition(this.#index, (this.#ranges[0] as EntryRange).firstEntry);
    return this.file.pieces.find(first) >= 0 ? this.#loadMemory() : this.#loadFile();
  }

  /** The file's bytes in memory reach to its end, so if the first batch is there all are. */
  #loadMemory(): readonly Slice[] {
    const { pieces } = this.file;
    const { length } = this.#index.entries;
    const out = new SliceGatherer(this.sources.buffers, this.byteLength);
    let piece = -1;
    for (const { firstEntry, count } of this.#ranges) {
      this.sources.stats.cacheHits += count;
      for (let entry = firstEntry; entry < firstEntry + count; entry++) {
        const position = entryPosition(this.#index, entry) + ENTRY_HEADER_BYTES;
        piece = pieces.findFrom(piece < 0 ? pieces.find(position - ENTRY_HEADER_BYTES) : piece, position);
        const { bytes, owner } = pieces.slice(piece);
        out.add(bytes, position - pieces.start(piece), length[entry] as number, owner);
      }
    }
    return out.finish();
  }

  async #loadFile(): Promise<readonly Slice[]> {
    const { sources } = this;
    const buffer = sources.buffers.take(this.#readBytes);
    const { length } = this.#index.entries;
    const out = new SliceGatherer(sources.buffers, this.byteLength);
    try {
      let spanStart = -1;
      let spanEnd = -1;
      let spanAt = 0;
      let used = 0;
      for (const range of this.#ranges) {
        sources.stats.cacheMisses += range.count;
        for (let entry = range.firstEntry; entry < range.firstEntry + range.count; entry++) {
          const position = entryPosition(this.#index, entry);
          const payloadLength = length[entry] as number;
          if (position + ENTRY_HEADER_BYTES + payloadLength > spanEnd) {
            spanStart = position;
            spanEnd = this.#spanEnd(range, entry);
            spanAt = used;
            used += spanEnd - spanStart;
            await this.readInto(buffer.bytes.subarray(spanAt, used), spanStart);
          }
          const at = spanAt + position - spanStart;
          this.#checkHeader(buffer.bytes, at, payloadLength, position);
          out.add(buffer.bytes, at + ENTRY_HEADER_BYTES, payloadLength, buffer);
        }
      }
      return out.finish();
    } catch (error) {
      out.abandon();
      throw error;
    } finally {
      buffer.release();
    }
  }

  /** Where the file read that starts with `entry` ends: at the first gap that is not worth reading. */
  #spanEnd(range: EntryRange, entry: number): number {
    const { length } = this.#index.entries;
    let end = -1;
    let isPast = false;
    for (const candidate of this.#ranges) {
      if (candidate === range) isPast = true;
      if (!isPast) continue;
      const from = candidate === range ? entry : candidate.firstEntry;
      for (let next = from; next < candidate.firstEntry + candidate.count; next++) {
        const position = entryPosition(this.#index, next);
        if (end >= 0 && position - end > JOIN_GAP_BYTES) return end;
        end = position + ENTRY_HEADER_BYTES + (length[next] as number);
      }
    }
    return end;
  }

  #checkHeader(bytes: Buffer, at: number, payloadLength: number, position: number): void {
    const stored = bytes.readUInt32LE(at + 4);
    const stream = bytes.readUInt32LE(at + 16) + bytes.readUInt32LE(at + 20) * 2 ** 32;
    if (stored === payloadLength && stream === this.#stream) return;
    throw new StorageError('CORRUPT', `${this.file.path}: the entry at ${position} is not the one in the index`);
  }
}

/** Where the batches of a part lie. */
export interface BatchesPlace {
  readonly file: JournalFile;
  readonly index: FileIndex;
  readonly stream: number;
  readonly ranges: readonly EntryRange[];
  readonly readBytes: number;
}

/** Collects payloads: large ones as they lie, neighbouring small ones copied together. */
class SliceGatherer {
  readonly #buffers: ReadBufferPool;
  #left: number;
  readonly #slices: Slice[] = [];
  #copy: ReadBuffer | null = null;
  #copyStart = 0;
  #copyEnd = 0;

  /** @param byteLength sum of all payloads that will be added. */
  constructor(buffers: ReadBufferPool, byteLength: number) {
    this.#buffers = buffers;
    this.#left = byteLength;
  }

  add(bytes: Buffer, start: number, byteLength: number, owner: Slice['owner']): void {
    const isAlone = this.#left === byteLength && this.#slices.length === 0 && this.#copy === null;
    if (byteLength >= COPY_BELOW_BYTES || isAlone) {
      this.#closeCopy();
      owner.retain();
      this.#slices.push({ bytes: bytes.subarray(start, start + byteLength), owner });
    } else {
      this.#copy ??= this.#buffers.take(this.#left);
      bytes.copy(this.#copy.bytes, this.#copyEnd, start, start + byteLength);
      this.#copyEnd += byteLength;
    }
    this.#left -= byteLength;
  }

  finish(): readonly Slice[] {
    this.#closeCopy();
    this.#copy?.release();
    this.#copy = null;
    return this.#slices;
  }

  /** Lets go of what was collected. */
  abandon(): void {
    for (const slice of this.finish()) slice.owner.release();
  }

  #closeCopy(): void {
    const copy = this.#copy;
    if (copy === null || this.#copyEnd === this.#copyStart) return;
    copy.retain();
    this.#slices.push({ bytes: copy.bytes.subarray(this.#copyStart, this.#copyEnd), owner: copy });
    this.#copyStart = this.#copyEnd;
  }
}
