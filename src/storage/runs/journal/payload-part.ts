/** Parts of a batch that is too large for one: each a stretch of its payload. */
import type { Part, Slice } from '../../../base/counted.ts';
import { holdsRecordBatch } from '../../format/batch.ts';
import { headerCrc } from '../../format/entry.ts';
import { ENTRY_HEADER_BYTES, viewOf } from '../../format/format.ts';
import { entryPosition } from '../../index/file-index.ts';
import { isIndexedBatch } from '../../index/indexed-batch.ts';
import type { JournalFile } from '../../index/journal-file.ts';
import type { StorageError } from '../../types.ts';
import { StretchedCrc } from '../stretched-crc.ts';
import { type BatchPlace, FilePart, FLAGS_AT, type JournalReads, PART_BYTES, whenFilled } from './file-part.ts';

/** A stretch of the payload of an entry; position and length are in bytes of the file. */
interface PayloadStretch {
  readonly place: BatchPlace;
  readonly position: number;
  readonly byteLength: number;
  readonly crc: StretchedCrc;
}

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
