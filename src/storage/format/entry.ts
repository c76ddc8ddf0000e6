/** An entry on its way into the journal, and how its header is laid down. */
import { crc32c } from '../../../protocol/crc32c.ts';
import type { LaidPayload, Slice } from '../../base/counted.ts';
import { crcOfRecordBatch, crcOfWords } from './checksum.ts';
import { ENTRY_ALIGNMENT, EntryKind, entrySeed, FLAG_COVERED_BATCH, FLAG_RECORD_BATCH, setInt64 } from './format.ts';
import { type AbortedTransaction, CATALOG_STREAM, type StorageError } from '../types.ts';

/** Words of the header that its CRC covers: all but the CRC. */
const COVERED_WORDS = 13;
const TWO_32 = 2 ** 32;

export interface EntryFields {
  readonly kind: EntryKind;
  readonly flags: number;
  readonly stream: number;
  readonly baseOffset: number;
  readonly offsetCount: number;
  readonly leaderEpoch: number;
  readonly maxTimestampMs: number;
}

export type OnCommit = (error: StorageError | null) => void;

/** An entry that waits for its write; all have one shape, since there are very many. */
export class PendingEntry implements EntryFields {
  readonly kind: EntryKind;
  readonly flags: number;
  readonly stream: number;
  readonly row: number;
  readonly baseOffset: number;
  readonly offsetCount: number;
  readonly leaderEpoch: number;
  readonly maxTimestampMs: number;
  /** Holds a reference until the payload is copied, or handed on with the commit. */
  payload: Slice | null;
  /** Instead of a payload. */
  readonly laid: LaidPayload | null;
  readonly payloadLength: number;
  /** Acknowledged only once it is on the device. */
  readonly needsSync: boolean;
  readonly onCommit: OnCommit | null;
  /** Position of the header in the file, once it is part of a commit. */
  position = 0;
  /** A snapshot that a trim behind it needs: a full disk takes both or none. */
  isForTrim = false;
  /** The transaction that the batch aborts; its note is part of the payload. */
  aborted: AbortedTransaction | null = null;
  /** Appends that it holds. */
  appendCount = 1;
  /** When it was queued, on the monotonic clock; -1: it is not timed. */
  queuedMs = -1;

  /** Longest time in ms that it may stay unsynced once it is written. */
  flushMs = Infinity;

  constructor(
    fields: EntryFields,
    row: number,
    payload: Slice | LaidPayload | null,
    needsSync: boolean,
    onCommit: OnCommit | null,
  ) {
    this.kind = fields.kind;
    this.flags = fields.flags;
    this.stream = fields.stream;
    this.row = row;
    this.baseOffset = fields.baseOffset;
    this.offsetCount = fields.offsetCount;
    this.leaderEpoch = fields.leaderEpoch;
    this.maxTimestampMs = fields.maxTimestampMs;
    const isLaid = payload !== null && !('bytes' in payload);
    this.payload = isLaid ? null : payload;
    this.laid = isLaid ? payload : null;
    this.payloadLength = payload === null ? 0 : isLaid ? payload.byteLength : payload.bytes.length;
    this.needsSync = needsSync;
    this.onCommit = onCommit;
  }

  /**
   * True for what a full disk makes fail; other entries wait until there is space, and keep their (small) payload. The
   * catalog's changes are such: the catalog has made them already.
   */
  get isData(): boolean {
    if (this.stream === CATALOG_STREAM) return false;
    return this.kind === EntryKind.BATCH || (this.kind === EntryKind.SNAPSHOT && !this.isForTrim);
  }

  /** Lets go of the payload. */
  drop(): void {
    this.payload?.owner.release();
    this.payload = null;
  }
}

/** What all headers of one commit share. */
export interface HeaderContext {
  readonly salt: number;
  readonly syncedFilesBack: number;
  readonly syncedPosition: number;
  /** Entries that start before this lie over bytes of the file's earlier life. */
  readonly recycledEnd: number;
  /** The time, in ms. */
  readonly writtenMs: number;
}

/** Writes the header of `entry`, which will lie at `position` of the file, at `at` of the staging bytes. */
export function writeEntryHeader(
  view: DataView,
  at: number,
  entry: EntryFields,
  payload: Buffer | null,
  place: { readonly position: number; readonly context: HeaderContext },
): void {
  const { context } = place;
  // A batch's own CRC would hold for one that lay here in the earlier life, too.
  const isCovered = place.position < context.recycledEnd && entry.flags === FLAG_RECORD_BATCH;
  const flags = isCovered ? FLAG_COVERED_BATCH : entry.flags;
  view.setUint32(at + 4, payload === null ? 0 : payload.length, true);
  view.setUint8(at + 8, entry.kind);
  view.setUint8(at + 9, flags);
  view.setUint16(at + 10, context.writtenMs / TWO_32, true);
  view.setUint32(at + 12, entry.offsetCount, true);
  setInt64(view, at + 16, entry.stream);
  setInt64(view, at + 24, entry.baseOffset);
  setInt64(view, at + 32, entry.maxTimestampMs);
  view.setInt32(at + 40, entry.leaderEpoch, true);
  view.setUint32(at + 44, context.syncedFilesBack, true);
  view.setUint32(at + 48, Math.floor(context.syncedPosition / ENTRY_ALIGNMENT), true);
  view.setUint32(at + 52, context.writtenMs, true);
  let crc = crcOfWords(view, at + 4, COVERED_WORDS, entrySeed(context.salt, place.position));
  if (payload !== null && (flags & FLAG_RECORD_BATCH) === 0) {
    crc = isCovered ? crcOfRecordBatch(payload, crc) : crc32c(payload, crc);
  }
  view.setUint32(at, crc, true);
}

/** The CRC that a header at `at` should carry, before any payload. */
export function headerCrc(view: DataView, at: number, salt: number, position: number): number {
  return crcOfWords(view, at + 4, COVERED_WORDS, entrySeed(salt, position));
}
