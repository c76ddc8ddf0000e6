/** Walks the entries of a journal file one after the other, checking each; and looks for sound entries behind a bad one. */
import { crc32c } from '../../protocol/crc32c.ts';
import { verifyCrc } from '../../protocol/records/batch.ts';
import { isRecordBatch } from './batch.ts';
import type { OpenFile } from './files.ts';
import { readFully } from './files.ts';
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
import { headerCrc } from './journal/entry.ts';

const WINDOW_BYTES = 2 * 1024 * 1024;

/** The bytes of a file around a position, read in large pieces. */
class Window {
  readonly #file: OpenFile;
  readonly size: number;
  #bytes: Buffer = Buffer.alloc(0);
  #buffer: Buffer;
  #start = 0;
  view = viewOf(this.#bytes);

  constructor(file: OpenFile, size: number) {
    this.#file = file;
    this.size = size;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(WINDOW_BYTES, size));
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
  const window = new Window(source.file, source.size);
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

/**
 * Looks at every place behind `from` where an entry could start, and gives the furthest position that a sound one says
 * was synced when it was written; null when there is none.
 */
export async function findSyncedBehind(
  source: ScanSource,
  sequence: number,
  from: number,
): Promise<JournalPosition | null> {
  const window = new Window(source.file, source.size);
  let furthest: JournalPosition | null = null;
  for (let position = Math.max(aligned(from), FILE_HEADER_BYTES); ; position += ENTRY_ALIGNMENT) {
    if (!window.has(position, ENTRY_HEADER_BYTES) && !(await window.load(position, ENTRY_HEADER_BYTES)))
      return furthest;
    const at = window.at(position);
    // Zeros and most garbage fail here, cheaply.
    const kind = window.view.getUint8(at + 8);
    if (kind < EntryKind.BATCH || window.view.getUint16(at + 10, true) !== 0) continue;
    const header = decodeEntryHeader(window.view, at);
    if (header === null || position + ENTRY_HEADER_BYTES + header.payloadLength > source.size) continue;
    const crc = headerCrc(window.view, at, source.salt, position);
    const storedCrc = window.view.getUint32(at, true);
    if ((header.flags & FLAG_RECORD_BATCH) !== 0) {
      if (crc !== storedCrc) continue;
    } else {
      const length = ENTRY_HEADER_BYTES + header.payloadLength;
      if (header.payloadLength > WINDOW_BYTES) continue;
      if (!window.has(position, length) && !(await window.load(position, length))) continue;
      const payload = window.slice(position + ENTRY_HEADER_BYTES, header.payloadLength);
      if (crc32c(payload, crc) !== storedCrc) continue;
    }
    const synced = { sequence: sequence - header.syncedFilesBack, position: header.syncedPosition };
    if (furthest === null || isBefore(furthest, synced)) furthest = synced;
  }
}

export function isBefore(a: JournalPosition, b: JournalPosition): boolean {
  return a.sequence < b.sequence || (a.sequence === b.sequence && a.position < b.position);
}
