/**
 * Parts of a read: stretches of one journal file whose batches are sent with the entry headers cut out. Nothing is held
 * in memory until the part is loaded, right before it is sent: then it comes from the tail cache if it is still there,
 * else from the file.
 */
import type { Part, Slice } from '../../../base/counted.ts';
import { isPromise } from '../../../base/realms.ts';
import { isIndexedBatch } from '../../index/indexed-batch.ts';
import type { DamageLog } from '../damage.ts';
import type { FileIndex } from '../../index/file-index.ts';
import { entryPosition } from '../../index/file-index.ts';
import { StretchedCrc } from '../stretched-crc.ts';
import type { FileTable } from './file-table.ts';
import { hasSoundCrc, holdsRecordBatch } from '../../format/batch.ts';
import { headerCrc } from '../../format/entry.ts';
import { ENTRY_HEADER_BYTES, viewOf } from '../../format/format.ts';
import type { JournalFile } from '../../index/journal-file.ts';
import type { ReadBuffer, ReadBufferPool } from '../../files/read-buffers.ts';
import { SliceGatherer } from '../../files/slice-gatherer.ts';
import type { EngineStats } from '../../stats.ts';
import { StorageError } from '../../types.ts';

/** Where an entry's header has its flags. */
const FLAGS_AT = 9;

/** Bytes of one part at most, and of the file reads behind it. */
export const PART_BYTES = 1024 * 1024;

/** Entries with no more than this between them are read in one go: it costs less than a second read. */
const JOIN_GAP_BYTES = 32 * 1024;

/** What reading journal files takes. */
export interface JournalReads {
  readonly files: FileTable;
  readonly buffers: ReadBufferPool;
  readonly stats: EngineStats;
  readonly damage: DamageLog;
}

/** A range of consecutive entries of one run. */
interface EntryRange {
  readonly run: number;
  readonly firstEntry: number;
  count: number;
}

/** Fields shared by both kinds of parts: the file is kept from being deleted. */
abstract class FilePart implements Part {
  byteLength: number;
  protected readonly file: JournalFile;
  protected readonly sources: JournalReads;

  constructor(file: JournalFile, byteLength: number, sources: JournalReads) {
    this.file = file;
    this.byteLength = byteLength;
    this.sources = sources;
    file.references += 1;
  }

  abstract load(): readonly Slice[] | Promise<readonly Slice[]>;

  release(): void {
    this.file.references -= 1;
  }

  /** Reads stretches of the file, from row `first` on, into `bytes`, one behind the other; null when that is done already. */
  protected readSpans(bytes: Buffer, spans: readonly Span[], first = 0): Promise<void> | null {
    let at = 0;
    for (let row = first; row < spans.length; row++) {
      const span = spans[row] as Span;
      const end = at + span.end - span.start;
      const reading = this.sources.files.read(this.file, bytes.subarray(at, end), span.start);
      if (isPromise(reading)) {
        return reading.then((read) => {
          this.#tookIn(read, span);
          return this.readSpans(bytes.subarray(end), spans, row + 1) ?? undefined;
        });
      }
      this.#tookIn(reading, span);
      at = end;
    }
    return null;
  }

  #tookIn(read: number, { start, end }: Span): void {
    const { stats } = this.sources;
    stats.fileReads += 1;
    stats.fileReadBytes += read;
    if (read < end - start)
      throw new StorageError('CORRUPT', `${this.file.path} ends before ${end}: restore it from a copy`);
  }
}

/** Positions in a file; `end` is exclusive. */
interface Span {
  readonly start: number;
  end: number;
}

/** What `finish` makes of a buffer once it is filled, at once if `fill` is done at once. Gives back the caller's reference. */
function whenFilled(
  buffer: ReadBuffer,
  fill: () => Promise<void> | null,
  finish: () => readonly Slice[],
): readonly Slice[] | Promise<readonly Slice[]> {
  let filling: Promise<void> | null = null;
  try {
    filling = fill();
    if (filling === null) return finish();
  } finally {
    if (filling === null) buffer.release();
  }
  return filling.then(finish).finally(() => buffer.release());
}

/** A stretch of one large payload. */
class PayloadPart extends FilePart {
  readonly #position: number;
  protected readonly place: BatchPlace;
  /** Shared by all stretches. */
  protected readonly crc: StretchedCrc;
  /** Bytes in front of it that are read, too. */
  protected readonly leadBytes: number = 0;

  constructor(stretch: PayloadStretch, file: JournalFile, sources: JournalReads) {
    super(file, stretch.byteLength, sources);
    this.#position = stretch.position;
    this.place = stretch.place;
    this.crc = stretch.crc;
  }

  load(): readonly Slice[] | Promise<readonly Slice[]> {
    const { resident } = this.file;
    const piece = resident.find(this.#position);
    if (piece < 0) return this.#loadFile();
    const { bytes, owner } = resident.slice(piece);
    const start = this.#position - resident.start(piece);
    this.sources.stats.cacheHits += 1;
    owner.retain();
    return [{ bytes: bytes.subarray(start, start + this.byteLength), owner }];
  }

  #loadFile(): readonly Slice[] | Promise<readonly Slice[]> {
    this.sources.stats.cacheMisses += 1;
    const readBytes = this.leadBytes + this.byteLength;
    const buffer = this.sources.buffers.take(readBytes);
    const bytes = buffer.bytes.subarray(0, readBytes);
    const span = { start: this.#position - this.leadBytes, end: this.#position + this.byteLength };
    const finish = (): readonly Slice[] => {
      this.check(bytes);
      buffer.retain();
      return [{ bytes: bytes.subarray(this.leadBytes), owner: buffer }];
    };
    return whenFilled(buffer, () => this.readSpans(bytes, [span]), finish);
  }

  /** @throws StorageError CORRUPT when these are not the bytes that should be there */
  protected check(bytes: Buffer): void {
    if (!this.crc.takes(bytes, this.#position)) throw this.damaged();
  }

  protected damaged(): StorageError {
    const { index, run, entry } = this.place;
    return this.sources.damage.batch(this.file, entryPosition(index, entry), index.runs.stream[run] as number);
  }
}

/** Where one batch is in an index. */
export interface BatchPlace {
  readonly index: FileIndex;
  readonly run: number;
  readonly entry: number;
}

/** A stretch of the payload of an entry; position and length are in bytes of the file. */
interface PayloadStretch {
  readonly place: BatchPlace;
  readonly position: number;
  readonly byteLength: number;
  readonly crc: StretchedCrc;
}

/** The first stretch, which begins with the batch's header. */
class FirstPayloadPart extends PayloadPart {
  protected override readonly leadBytes = ENTRY_HEADER_BYTES;

  protected override check(bytes: Buffer): void {
    const { index, run, entry } = this.place;
    const view = viewOf(bytes);
    if (!isIndexedBatch(view, 0, index, run, entry)) throw this.damaged();
    // A record batch carries a checksum to whoever reads it; other bytes do not.
    if (holdsRecordBatch(view.getUint8(FLAGS_AT))) return;
    const position = entryPosition(index, entry);
    const start = position + ENTRY_HEADER_BYTES;
    const end = start + (index.entries.length[entry] as number);
    this.crc.begin(headerCrc(view, 0, this.file.salt, position), view.getUint32(0, true), start, end);
    super.check(bytes.subarray(ENTRY_HEADER_BYTES));
  }
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

/** Adds the parts of a batch that is too large for one. */
export function pushLarge(place: BatchPlace, file: JournalFile, sources: JournalReads, into: Part[]): void {
  const position = entryPosition(place.index, place.entry) + ENTRY_HEADER_BYTES;
  const payloadLength = place.index.entries.length[place.entry] as number;
  // The first has the entry's header read with it, and is no larger than the others with that.
  const first = PART_BYTES - ENTRY_HEADER_BYTES;
  const crc = new StretchedCrc();
  into.push(new FirstPayloadPart({ place, position, byteLength: first, crc }, file, sources));
  for (let done = first; done < payloadLength; done += PART_BYTES) {
    const byteLength = Math.min(PART_BYTES, payloadLength - done);
    into.push(new PayloadPart({ place, position: position + done, byteLength, crc }, file, sources));
  }
}
