/**
 * The journal's format, version 1. All numbers are little-endian; reserved bytes are written as zero and ignored.
 *
 * A journal is a row of files `journal/<sequence, 20 digits>.wal`. A file is a header of 128 bytes and entries one
 * after the other, each starting at a multiple of 8 (zero padding in between), so that a search for an entry behind a
 * damaged one has few places to look at.
 *
 *   file header                               entry header (56 bytes), then the payload
 *     0  8 bytes  "WALKAWAL"                     0  u32  CRC-32C (below)
 *     8  u16      format version                 4  u32  payload length
 *    10  u16      header length (128)            8  u8   kind
 *    12  u32      flags: 1 = all earlier         9  u8   flags (below)
 *                 files were synced before      10  u16  written at, ms: its upper bits
 *    16  u64      sequence                      12  u32  offset count
 *    24  i64      created at, ms                16  i64  stream id
 *    32  u32      salt                          24  i64  base offset
 *    36  u32      cluster id length             32  i64  max timestamp, ms, or -1
 *    40  80 bytes cluster id, UTF-8             40  i32  leader epoch
 *   120  u32      reserved                      44  u32  synced: files back from this one
 *   124  u32      CRC-32C of bytes 0-123        48  u32  synced: position in that file / 8
 *                                               52  u32  written at, ms: its lower bits
 *
 * The entry's CRC covers its header from byte 4 and starts from a seed made of the file's random salt and the entry's
 * own position: bytes of a file's earlier life, or of another place, never parse. Flags 1 and 2 both say that the payload
 * is a v2 record batch, whose base offset, length and leader epoch are those of the header. With flag 1 the CRC ends with
 * the header, and the CRC-32C that a record batch carries itself counts for the payload; else it goes on over the
 * payload. With flag 4 the payload is a v2 record batch and a note behind it (`abort-note.ts`), and the CRC goes over both.
 * "Written at" is the time of the write, ms since 1970; 0 in files that were written before it was kept.
 *
 * "Synced" is a position that was known to be on the device when the entry was written. Recovery ends the journal at
 * the first bad entry, unless some entry says that the device had it already: then data was lost, and a start refuses.
 *
 * A file may be made out of one that is not needed any more, which is `journal/spare.recycled` in between: what its
 * earlier life left lies behind the entries. Its salt then differs from the one before in the lowest bit, which makes all
 * seeds differ; and where an entry lies over old bytes, a record batch has flag 2, since its own CRC would hold as well
 * for one that lay there before.
 *
 * Stream ids are positive. Two others have a meaning: entries of stream 0 concern no stream, and the batches of stream
 * -1 are the journal's copy of the catalog (`catalog/journal-copy.ts`), which come first in their commit.
 *
 * A full file is sealed: checkpoint entries (all streams as of here), a run index entry, a footer entry, end of file.
 *
 * What a later version adds is no damage to an earlier one. An entry whose CRC holds and whose kind or flags are not known
 * is skipped if it has flag 128; else the start refuses and asks for the version that wrote it. So entries of a new kind
 * get the flag where all else stays true without them. What an earlier version would get wrong, in an entry that a start
 * may not come to read, or in anything else of a file, needs a higher format version: that is the file's, so a later
 * version goes on in a new file, and a start refuses a journal that has a file of a version above its own. A higher
 * version reads all lower ones as they are, and rewrites none.
 */

export const FORMAT_VERSION = 1;
export const FILE_HEADER_BYTES = 128;
export const ENTRY_HEADER_BYTES = 56;
export const ENTRY_ALIGNMENT = 8;

/** Kinds of entries. A number is never given another meaning. */
export const EntryKind = {
  /** A record batch: stream, offsets, leader epoch, max timestamp. */
  BATCH: 1,
  /** The log start offset moved to the base offset; payload: u64 payload bytes that went. */
  TRIM: 2,
  /** A stream exists from here on; offset count 1 when it is internal. */
  STREAM_CREATED: 3,
  STREAM_DELETED: 4,
  /** Opaque state of a stream that covers all batches below the base offset. */
  SNAPSHOT: 5,
  /** One part of a checkpoint: base offset is the part's number, offset count the number of parts. */
  CHECKPOINT: 6,
  /** The run index of this file. */
  RUN_INDEX: 7,
  /** The last entry of a sealed file. */
  FOOTER: 8,
  /** The file whose sequence is the base offset is not needed any more and may be gone. */
  FILE_REMOVED: 9,
  /** All of the stream before the base offset is compacted, by a merge that is published; payload: i64 bytes that went. */
  COMPACTED: 10,
} as const;
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind];

const LAST_KIND = EntryKind.COMPACTED;

/** Flag: the payload is a v2 record batch, whose own CRC counts. */
export const FLAG_RECORD_BATCH = 1;
/** Flag: the payload is a v2 record batch, and the entry's CRC covers it. */
export const FLAG_COVERED_BATCH = 2;
/** Flag: the payload is a v2 record batch, a marker, and a note of the transaction that it aborts; the entry's CRC covers both. */
export const FLAG_ABORT_NOTE = 4;

/** Flag: a version that does not know the entry's kind, or another of its flags, leaves it out and goes on. */
export const FLAG_OPTIONAL = 128;

const KNOWN_FLAGS = FLAG_RECORD_BATCH | FLAG_COVERED_BATCH | FLAG_ABORT_NOTE | FLAG_OPTIONAL;

const MAGIC = Buffer.from('WALKAWAL', 'latin1');
const FILE_FLAG_FOLLOWS_SYNCED = 1;
const MAX_CLUSTER_ID_BYTES = 80;
const TWO_32 = 2 ** 32;

/** Longest payload: above Kafka's own bound of 2 GiB - 1 for a batch nothing arrives. */
const MAX_PAYLOAD_BYTES = 2 ** 31 - 1;

export interface FileHeader {
  readonly version: number;
  readonly sequence: number;
  readonly createdMs: number;
  readonly salt: number;
  readonly clusterId: string;
  /** All earlier files were on the device when this one was made. */
  readonly followsSynced: boolean;
}

/** The parsed header of an entry. */
export interface EntryHeader {
  readonly payloadLength: number;
  /** Another number in an entry of a later version; see `isKnown`. */
  readonly kind: EntryKind;
  readonly flags: number;
  readonly offsetCount: number;
  readonly stream: number;
  readonly baseOffset: number;
  readonly maxTimestampMs: number;
  readonly leaderEpoch: number;
  /** Files between the one the entry is in and the one `syncedPosition` is in. */
  readonly syncedFilesBack: number;
  readonly syncedPosition: number;
  /** When it was written, in ms, or 0 when that is not known. */
  readonly writtenMs: number;
}

/** The next multiple of 8. */
export function aligned(position: number): number {
  return Math.ceil(position / ENTRY_ALIGNMENT) * ENTRY_ALIGNMENT;
}

/** The name of a journal file. */
export function journalFileName(sequence: number): string {
  return `${String(sequence).padStart(20, '0')}.wal`;
}

/** The sequence in a journal file's name, or undefined for other names. */
export function sequenceOfName(name: string): number | undefined {
  return /^\d{20}\.wal$/.test(name) ? Number(name.slice(0, 20)) : undefined;
}

/**
 * Where the CRC of an entry at `position` starts from. Different positions give different seeds; so do, at any position,
 * salts that differ in the lowest bit: it alone of the salt decides bit 4 of the seed.
 */
export function entrySeed(salt: number, position: number): number {
  return (Math.imul((position / ENTRY_ALIGNMENT) ^ salt, 0x9e3779b1) ^ salt) >>> 0;
}

/** Writes a signed 64-bit number that is a safe integer. */
export function setInt64(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / TWO_32);
  view.setUint32(at, value - high * TWO_32, true);
  view.setInt32(at + 4, high, true);
}

/** Reads a signed 64-bit number; loses low bits beyond the safe integers, which only damaged bytes hold. */
export function getInt64(view: DataView, at: number): number {
  return view.getInt32(at + 4, true) * TWO_32 + view.getUint32(at, true);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The header without its checksum, which `crc32c` makes; split so that this file needs no native code. */
export function encodeFileHeader(header: Omit<FileHeader, 'version'>, crc: (bytes: Buffer) => number): Buffer {
  const bytes = Buffer.alloc(FILE_HEADER_BYTES);
  const view = viewOf(bytes);
  MAGIC.copy(bytes);
  view.setUint16(8, FORMAT_VERSION, true);
  view.setUint16(10, FILE_HEADER_BYTES, true);
  view.setUint32(12, header.followsSynced ? FILE_FLAG_FOLLOWS_SYNCED : 0, true);
  setInt64(view, 16, header.sequence);
  setInt64(view, 24, header.createdMs);
  view.setUint32(32, header.salt, true);
  const clusterId = Buffer.from(header.clusterId, 'utf8').subarray(0, MAX_CLUSTER_ID_BYTES);
  view.setUint32(36, clusterId.length, true);
  clusterId.copy(bytes, 40);
  view.setUint32(124, crc(bytes.subarray(0, 124)), true);
  return bytes;
}

/** Parses a file header; null when the bytes are none. A version above ours parses: the caller refuses it. */
export function decodeFileHeader(bytes: Buffer, crc: (bytes: Buffer) => number): FileHeader | null {
  if (bytes.length < FILE_HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const view = viewOf(bytes);
  const version = view.getUint16(8, true);
  const clusterIdLength = Math.min(view.getUint32(36, true), MAX_CLUSTER_ID_BYTES);
  if (version <= FORMAT_VERSION && view.getUint32(124, true) !== crc(bytes.subarray(0, 124))) return null;
  return {
    version,
    followsSynced: (view.getUint32(12, true) & FILE_FLAG_FOLLOWS_SYNCED) !== 0,
    sequence: getInt64(view, 16),
    createdMs: getInt64(view, 24),
    salt: view.getUint32(32, true),
    clusterId: bytes.toString('utf8', 40, 40 + clusterIdLength),
  };
}

/** False for an entry of a later version, if it is sound: what it says is not known. */
export function isKnown({ kind, flags }: Pick<EntryHeader, 'kind' | 'flags'>): boolean {
  return kind <= LAST_KIND && (flags & ~KNOWN_FLAGS) === 0;
}

/** Parses the header at `at` without checking its CRC; null when it cannot be one. */
export function decodeEntryHeader(view: DataView, at: number): EntryHeader | null {
  const kind = view.getUint8(at + 8);
  const payloadLength = view.getUint32(at + 4, true);
  if (kind < EntryKind.BATCH || payloadLength > MAX_PAYLOAD_BYTES) return null;
  return {
    payloadLength,
    kind: kind as EntryKind,
    flags: view.getUint8(at + 9),
    offsetCount: view.getUint32(at + 12, true),
    stream: getInt64(view, at + 16),
    baseOffset: getInt64(view, at + 24),
    maxTimestampMs: getInt64(view, at + 32),
    leaderEpoch: view.getInt32(at + 40, true),
    syncedFilesBack: view.getUint32(at + 44, true),
    syncedPosition: view.getUint32(at + 48, true) * ENTRY_ALIGNMENT,
    writtenMs: view.getUint16(at + 10, true) * TWO_32 + view.getUint32(at + 52, true),
  };
}
