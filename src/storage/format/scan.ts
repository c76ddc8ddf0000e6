/** Walks the entries of a journal file one after the other, checking each; and looks for sound entries behind a bad one. */
import { crc32c } from '../../../protocol/crc32c.ts';
import { verifyCrc } from '../../../protocol/records/batch.ts';
import { isRecordBatch } from './batch.ts';
import type { OpenFile } from '../files/files.ts';
import { readFully } from '../files/files.ts';
import type { EntryHeader } from './format.ts';
import {
  aligned,
  decodeEntryHeader,
  ENTRY_ALIGNMENT,
  ENTRY_HEADER_BYTES,
  EntryKind,
  FILE_HEADER_BYTES,
  FLAG_RECORD_BATCH,
  viewOf,
} from './format.ts';
import { headerCrc } from './entry.ts';

const WINDOW_BYTES = 2 * 1024 * 1024;

/** No entry is from the year 2109 or later, as the upper bits of its time would say. */
const FAR_FUTURE = 1024;

/** The bytes of a file around a position, read in large pieces. */
class Window {
  readonly #file: OpenFile;
  readonly size: number;
  #bytes: Buffer = Buffer.alloc(0);
  #buffer: Buffer;
  #start = 0;
  view = viewOf(this.#bytes);

  constructor({ file, size }: ScanSource, windowBytes = WINDOW_BYTES) {
    this.#file = file;
    this.size = size;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(windowBytes, size));
  }

  /** True when `length` bytes at `position` are at hand. */
  has(position: number, length: number): boolean {
    return position >= this.#start && position + length <= this.#start + this.#bytes.length;
  }

  /** Brings bytes at hand; false when the file ends before. */
  async load(position: number, length: number): Promise<boolean> {
    if (position + length > this.size) return false;
    if (length > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(length);
    const wanted = Math.min(this.#buffer.length, this.size - position);
    const read = await readFully(this.#file, this.#buffer.subarray(0, wanted), position);
    this.#bytes = this.#buffer.subarray(0, read);
    this.view = viewOf(this.#bytes);
    this.#start = position;
    return read >= length;
  }

  /** Offset of a position in `view`. */
  at(position: number): number {
    return position - this.#start;
  }

  slice(position: number, length: number): Buffer {
    return this.#bytes.subarray(position - this.#start, position - this.#start + length);
  }

  /** CRC-32C of bytes of the file, however many, continuing from `initial`; null when the file ends before. */
  async crc(position: number, length: number, initial: number): Promise<number | null> {
    if (position + length > this.size) return null;
    let crc = initial;
    for (let at = position; at < position + length; ) {
      const wanted = Math.min(position + length - at, this.#buffer.length);
      if (!this.has(at, wanted) && !(await this.load(at, wanted))) return null;
      crc = crc32c(this.slice(at, wanted), crc);
      at += wanted;
    }
    return crc;
  }
}

/** Looks at single entries of a file. */
export class EntryWalk {
  readonly #window: Window;
  readonly #salt: number;

  constructor(source: ScanSource, windowBytes?: number) {
    this.#window = new Window(source, windowBytes);
    this.#salt = source.salt;
  }

  /**
   * The header of the entry at `position`, or null when there is none that is sound. A record batch that vouches for
   * itself may be torn; any other payload is sound, too.
   */
  async header(position: number): Promise<EntryHeader | null> {
    const window = this.#window;
    if (!window.has(position, ENTRY_HEADER_BYTES) && !(await window.load(position, ENTRY_HEADER_BYTES))) return null;
    const header = decodeEntryHeader(window.view, window.at(position));
    if (header === null) return null;
    const storedCrc = window.view.getUint32(window.at(position), true);
    const crc = headerCrc(window.view, window.at(position), this.#salt, position);
    if ((header.flags & FLAG_RECORD_BATCH) !== 0) return crc === storedCrc ? header : null;
    const whole = await window.crc(position + ENTRY_HEADER_BYTES, header.payloadLength, crc);
    return whole === storedCrc ? header : null;
  }

  /** What would be the header of an entry at `position`, unless it is plainly none: its checksum is not looked at. */
  async plausible(position: number): Promise<EntryHeader | null> {
    const window = this.#window;
    if (!window.has(position, ENTRY_HEADER_BYTES) && !(await window.load(position, ENTRY_HEADER_BYTES))) return null;
    const header = isPlausible(window.view, window.at(position))
      ? decodeEntryHeader(window.view, window.at(position))
      : null;
    if (header === null || position + ENTRY_HEADER_BYTES + header.payloadLength > window.size) return null;
    return header;
  }

  /** The last `length` bytes of a sound entry's payload; only valid until the next call. */
  async payloadEnd(position: number, { payloadLength }: EntryHeader, length: number): Promise<Buffer> {
    const start = position + ENTRY_HEADER_BYTES + payloadLength - length;
    if (!this.#window.has(start, length)) await this.#window.load(start, length);
    return this.#window.slice(start, length);
  }
}

/** What to walk. */
export interface ScanSource {
  readonly file: OpenFile;
  readonly salt: number;
  readonly size: number;
}

/** Called for each sound entry; the payload is only valid during the call. Returns false to stop. */
export type EntryVisitor = (header: EntryHeader, payload: Buffer, position: number) => boolean;

function isSound(header: EntryHeader, payload: Buffer, crc: number, storedCrc: number): boolean {
  if ((header.flags & FLAG_RECORD_BATCH) === 0) return crc32c(payload, crc) === storedCrc;
  return crc === storedCrc && isRecordBatch(payload, header) && verifyCrc(payload, 0);
}

/**
 * Visits entries from `start` on.
 * @returns where the last sound entry ends, which is the end of the journal in this file or the place of a bad entry.
 */
export async function scanEntries(source: ScanSource, start: number, visit: EntryVisitor): Promise<number> {
  const window = new Window(source);
  let end = start;
  for (;;) {
    const position = aligned(end);
    if (!window.has(position, ENTRY_HEADER_BYTES) && !(await window.load(position, ENTRY_HEADER_BYTES))) return end;
    const header = decodeEntryHeader(window.view, window.at(position));
    if (header === null) return end;
    const crc = headerCrc(window.view, window.at(position), source.salt, position);
    const storedCrc = window.view.getUint32(window.at(position), true);
    // Damaged lengths must not make it read for long: of a batch the header's own CRC is known before the payload.
    if ((header.flags & FLAG_RECORD_BATCH) !== 0 && crc !== storedCrc) return end;
    const length = ENTRY_HEADER_BYTES + header.payloadLength;
    if (!window.has(position, length) && !(await window.load(position, length))) return end;
    const payload = window.slice(position + ENTRY_HEADER_BYTES, header.payloadLength);
    if (!isSound(header, payload, crc, storedCrc)) return end;
    end = position + length;
    if (!visit(header, payload, position)) return end;
  }
}

/** A position in the journal. */
export interface JournalPosition {
  readonly sequence: number;
  readonly position: number;
}

/** What the sound entries behind a place in a file tell. */
export interface EntriesBehind {
  /** Where the last of them ends, in the file; the place itself when there is none. */
  readonly end: number;
  /** The furthest position that one says was synced when it was written; null when there is none. */
  readonly synced: JournalPosition | null;
}

/**
 * Looks at every place from `from` on where an entry could start. The header alone counts where it has a CRC of its own:
 * the payload may be torn. Other bytes tell nothing, since a recycled file is full of them.
 */
export async function findEntriesBehind(source: ScanSource, sequence: number, from: number): Promise<EntriesBehind> {
  const window = new Window(source);
  const walk = new EntryWalk(source);
  let synced: JournalPosition | null = null;
  let end = from;
  for (let position = Math.max(aligned(from), FILE_HEADER_BYTES); ; position += ENTRY_ALIGNMENT) {
    if (!window.has(position, ENTRY_HEADER_BYTES) && !(await window.load(position, ENTRY_HEADER_BYTES))) break;
    const at = window.at(position);
    const header = isPlausible(window.view, at) ? decodeEntryHeader(window.view, at) : null;
    if (header === null) continue;
    const claim = { sequence: sequence - header.syncedFilesBack, position: header.syncedPosition };
    if (claim.sequence < 1 || isBefore({ sequence, position }, claim)) continue;
    if ((await walk.header(position)) === null) continue;
    const entryEnd = position + ENTRY_HEADER_BYTES + header.payloadLength;
    end = Math.max(end, Math.min(entryEnd, source.size));
    if (synced === null || isBefore(synced, claim)) synced = claim;
    position = aligned(entryEnd) - ENTRY_ALIGNMENT; // what lies in it is no entry
  }
  return { end, synced };
}

/** False for zeros and most garbage, cheaply: kind and time must be what is written by any version. */
function isPlausible(view: DataView, at: number): boolean {
  return view.getUint8(at + 8) >= EntryKind.BATCH && view.getUint16(at + 10, true) < FAR_FUTURE;
}

export function isBefore(a: JournalPosition, b: JournalPosition): boolean {
  return a.sequence < b.sequence || (a.sequence === b.sequence && a.position < b.position);
}
