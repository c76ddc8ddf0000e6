/**
 * The format of segment files, version 1. A segment holds batches of many streams sorted by (stream, offset), as a merge
 * wrote them once and for all. All numbers are little-endian; reserved bytes are written as zero and ignored.
 *
 *   header (128 bytes)      blocks and index pages      table of the index pages      footer (128 bytes), end of file
 *
 * A block is batches back to back as a fetch sends them, or one zstd frame of that, kept only where it saves. So where
 * nothing is compressed, what a fetch sends is one range of the file. No batch is in two blocks; a large stream has blocks
 * of 128 KiB, small ones share blocks. Behind some blocks comes the index page (`page.ts`) that has their batches; its
 * runs and blocks begin where those of the page before ended. The table (`page-table.ts`) has a row for each page with its first
 * and its last batch, so that one stream is found by the table and one page. Positions are in bytes from the start.
 *
 *   header                                     footer
 *     0  8 bytes  "WALKASEG"                     0  8 bytes  "WALKAEND"
 *     8  u16      format version                 8  i64      table: position
 *    10  u16      header length (128)           16  u32      table: length
 *    12  u32      flags: reserved               20  u32      flags: 1 = has aborts, 2 = compacted
 *    16  i64      merge id                      24  i64      bytes of all batches, as a fetch sends them
 *    24  u32      number of the file in it      32  i64      largest timestamp, ms, or -1
 *    28  u32      salt                          40  i64      first stream
 *    32  i64      first journal sequence        48  i64      first offset
 *    40  i64      last journal sequence         56  i64      last stream
 *    48  i64      created at, ms                64  i64      end offset, exclusive
 *    56  u32      cluster id: length            72  52 bytes reserved
 *    60  64 bytes cluster id, UTF-8            124  u32      CRC-32C of bytes 0-123
 *   124  u32      CRC-32C of bytes 0-123
 *
 * The checksums of footer, table, pages and blocks start from a seed made of the salt and of their own position: bytes of
 * another file or place never pass. That of a block covers the stored bytes and lies in its page.
 */
import { crc32c } from '../../../protocol/crc32c.ts';
import { getInt64, setInt64, viewOf } from '../format/format.ts';
import type { SegmentDescriptor } from './descriptor.ts';

export const SEGMENT_VERSION = 1;
export const SEGMENT_HEADER_BYTES = 128;
export const SEGMENT_FOOTER_BYTES = 128;

/** Larger batches are never compressed: a part of one could not be read alone. */
export const MAX_COMPRESSED_BATCH_BYTES = 1024 * 1024;
/** Where blocks and pages end, in bytes. */
export interface SegmentSizes {
  /** A block is closed at this size, before compression; a larger batch has a block of its own. */
  readonly blockBytes: number;
  /** A block that has this much takes no further stream. */
  readonly sharedBlockBytes: number;
  /** A page is closed behind the block with which it reaches this size; at twice as much the block is ended for that. */
  readonly pageBytes: number;
}

/** zstd has tables of its own for inputs up to 128 KiB: at level 3 it is a third faster than for more, and as good. */
export const SEGMENT_SIZES: SegmentSizes = {
  blockBytes: 128 * 1024,
  sharedBlockBytes: 64 * 1024,
  pageBytes: 48 * 1024,
};

const HEADER_MAGIC = Buffer.from('WALKASEG', 'latin1');
const FOOTER_MAGIC = Buffer.from('WALKAEND', 'latin1');
const FLAG_ABORTS = 1;
const FLAG_COMPACTED = 2;
const MAX_CLUSTER_ID_BYTES = 64;
const CRC_AT = 124;
const TWO_32 = 2 ** 32;

export interface SegmentHeader {
  readonly version: number;
  readonly mergeId: number;
  readonly number: number;
  readonly salt: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly createdMs: number;
  readonly clusterId: string;
}

/** What a footer adds to the header to make a descriptor. */
export type SegmentFooter = Omit<
  SegmentDescriptor,
  'mergeId' | 'number' | 'salt' | 'firstSequence' | 'lastSequence' | 'fileBytes'
>;

/** Where the checksum of something at `position` of a segment starts from. */
export function segmentSeed(salt: number, position: number): number {
  const high = Math.floor(position / TWO_32);
  return (Math.imul((position ^ salt) + high, 0x9e3779b1) ^ salt) >>> 0;
}

export function encodeSegmentHeader(header: Omit<SegmentHeader, 'version'>): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  const view = viewOf(bytes);
  HEADER_MAGIC.copy(bytes);
  view.setUint16(8, SEGMENT_VERSION, true);
  view.setUint16(10, SEGMENT_HEADER_BYTES, true);
  setInt64(view, 16, header.mergeId);
  view.setUint32(24, header.number, true);
  view.setUint32(28, header.salt, true);
  setInt64(view, 32, header.firstSequence);
  setInt64(view, 40, header.lastSequence);
  setInt64(view, 48, header.createdMs);
  const clusterId = Buffer.from(header.clusterId, 'utf8').subarray(0, MAX_CLUSTER_ID_BYTES);
  view.setUint32(56, clusterId.length, true);
  clusterId.copy(bytes, 60);
  view.setUint32(CRC_AT, crc32c(bytes.subarray(0, CRC_AT)), true);
  return bytes;
}

/** Parses a header; null when the bytes are none. A version above ours parses: the caller refuses it. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | null {
  if (bytes.length < SEGMENT_HEADER_BYTES || !bytes.subarray(0, HEADER_MAGIC.length).equals(HEADER_MAGIC)) return null;
  const view = viewOf(bytes);
  const version = view.getUint16(8, true);
  if (version <= SEGMENT_VERSION && view.getUint32(CRC_AT, true) !== crc32c(bytes.subarray(0, CRC_AT))) return null;
  return {
    version,
    mergeId: getInt64(view, 16),
    number: view.getUint32(24, true),
    salt: view.getUint32(28, true),
    firstSequence: getInt64(view, 32),
    lastSequence: getInt64(view, 40),
    createdMs: getInt64(view, 48),
    clusterId: bytes.toString('utf8', 60, 60 + Math.min(view.getUint32(56, true), MAX_CLUSTER_ID_BYTES)),
  };
}

/** The footer of a file with this salt, for `position`. */
export function encodeSegmentFooter(footer: SegmentFooter, salt: number, position: number): Buffer {
  const bytes = Buffer.alloc(SEGMENT_FOOTER_BYTES);
  const view = viewOf(bytes);
  FOOTER_MAGIC.copy(bytes);
  setInt64(view, 8, footer.tablePosition);
  view.setUint32(16, footer.tableBytes, true);
  view.setUint32(20, (footer.hasAborts ? FLAG_ABORTS : 0) | (footer.isCompacted ? FLAG_COMPACTED : 0), true);
  setInt64(view, 24, footer.batchBytes);
  setInt64(view, 32, footer.maxTimestampMs);
  setInt64(view, 40, footer.firstStream);
  setInt64(view, 48, footer.firstOffset);
  setInt64(view, 56, footer.lastStream);
  setInt64(view, 64, footer.endOffset);
  view.setUint32(CRC_AT, crc32c(bytes.subarray(0, CRC_AT), segmentSeed(salt, position)), true);
  return bytes;
}

/** Parses the footer that lies at `position`; null when the bytes are none, or not of a file with this salt. */
export function decodeSegmentFooter(bytes: Buffer, salt: number, position: number): SegmentFooter | null {
  if (bytes.length < SEGMENT_FOOTER_BYTES || !bytes.subarray(0, FOOTER_MAGIC.length).equals(FOOTER_MAGIC)) return null;
  const view = viewOf(bytes);
  const crc = crc32c(bytes.subarray(0, CRC_AT), segmentSeed(salt, position));
  if (view.getUint32(CRC_AT, true) !== crc) return null;
  const flags = view.getUint32(20, true);
  return {
    tablePosition: getInt64(view, 8),
    tableBytes: view.getUint32(16, true),
    hasAborts: (flags & FLAG_ABORTS) !== 0,
    isCompacted: (flags & FLAG_COMPACTED) !== 0,
    batchBytes: getInt64(view, 24),
    maxTimestampMs: getInt64(view, 32),
    firstStream: getInt64(view, 40),
    firstOffset: getInt64(view, 48),
    lastStream: getInt64(view, 56),
    endOffset: getInt64(view, 64),
  };
}
