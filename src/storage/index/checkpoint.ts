/**
 * A checkpoint: all streams and files as of its place in the journal, so that a start reads from there on only.
 *
 * Its parts put together are: u16 version (2), u16 reserved, u16 file row bytes (40), u16 reserved, u32 streams, u32 files;
 * then per file: sequence, length, batch bytes, max timestamp, reserved (f64 each); then per stream a row of
 * `checkpoint-row.ts`, and zeros up to a multiple of 8 bytes. Version 1 had rows of one length (`checkpoint-v1.ts`).
 */
import { turn } from '../../base/real-time.ts';
import type { Directory } from '../directory.ts';
import { MAX_ROW_BYTES, rowBytesAtMost, RowReader, RowWriter } from './checkpoint-row.ts';
import { decodeStreamsV1 } from './checkpoint-v1.ts';
import type { JournalFile } from './journal-file.ts';

const CHECKPOINT_VERSION = 2;
const HEADER_BYTES = 16;
const FILE_ROW_BYTES = 40;
export const CHECKPOINT_PART_BYTES = 4 * 1024 * 1024;
/** The last part ends at a multiple of this. */
const PADDING = 8;
/** Rows encoded in one turn of the event loop: some 3 ms. */
const ROWS_PER_SLICE = 16 * 1024;

/** A file as a checkpoint lists it. */
export interface CheckpointFile {
  readonly sequence: number;
  readonly length: number;
  readonly batchBytes: number;
  readonly maxTimestampMs: number;
}

/** Bytes of a checkpoint before its streams. */
export function checkpointHeadBytes(fileCount: number): number {
  return HEADER_BYTES + fileCount * FILE_ROW_BYTES;
}

/** Size of a checkpoint in bytes, at most. @param lastFile the largest sequence of a file */
export function checkpointBytes(directory: Directory, fileCount: number, lastFile: number): number {
  return checkpointHeadBytes(fileCount) + directory.size * rowBytesAtMost(directory, lastFile) + PADDING;
}

/** With 0 streams. */
function encodeHead(files: readonly JournalFile[]): Buffer {
  const bytes = Buffer.alloc(checkpointHeadBytes(files.length));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint16(0, CHECKPOINT_VERSION, true);
  view.setUint16(4, FILE_ROW_BYTES, true);
  view.setUint32(12, files.length, true);
  let at = HEADER_BYTES;
  for (const file of files) {
    view.setFloat64(at, file.sequence, true);
    view.setFloat64(at + 8, file.written, true);
    view.setFloat64(at + 16, file.batchBytes, true);
    view.setFloat64(at + 24, file.maxTimestampMs, true);
    at += FILE_ROW_BYTES;
  }
  return bytes;
}

/**
 * The checkpoint's parts, each a payload, made in slices: meanwhile streams may come and go, and nothing may be written.
 * A stream whose creation is not written is left out: a start that reads the entries instead does not know it either.
 * `files` are those before the one that will hold it.
 */
export async function encodeCheckpoint(directory: Directory, files: readonly JournalFile[]): Promise<Buffer[]> {
  const head = encodeHead(files);
  const parts: Buffer[] = [];
  const writer = new RowWriter(directory);
  let streams = 0;
  let bytes = Buffer.alloc(head.length + Math.min(CHECKPOINT_PART_BYTES, directory.rowLimit * MAX_ROW_BYTES + PADDING));
  let used = head.copy(bytes);
  for (let row = 0; row < directory.rowLimit; row++) {
    if (row % ROWS_PER_SLICE === ROWS_PER_SLICE - 1) await turn();
    if (directory.stream.get(row) === 0 || directory.isQueued(row)) continue;
    if (used + MAX_ROW_BYTES > bytes.length) {
      parts.push(bytes.subarray(0, used));
      bytes = Buffer.alloc(CHECKPOINT_PART_BYTES);
      used = 0;
    }
    used = writer.write(row, bytes, used);
    streams++;
  }
  parts.push(bytes.subarray(0, Math.ceil(used / PADDING) * PADDING));
  parts[0]?.writeUInt32LE(streams, 8);
  return parts;
}

/**
 * Fills an empty directory, in slices; gives the files listed, or null when the bytes are no checkpoint of a known version.
 */
export async function decodeCheckpoint(bytes: Buffer, directory: Directory): Promise<CheckpointFile[] | null> {
  if (bytes.length < HEADER_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint16(0, true);
  const fileRowBytes = view.getUint16(4, true);
  const fileCount = view.getUint32(12, true);
  const rowsAt = HEADER_BYTES + fileCount * fileRowBytes;
  if (version < 1 || version > CHECKPOINT_VERSION || fileRowBytes < 32 || bytes.length < rowsAt) return null;
  const files: CheckpointFile[] = [];
  for (let at = HEADER_BYTES; at < rowsAt; at += fileRowBytes) {
    files.push({
      sequence: view.getFloat64(at, true),
      length: view.getFloat64(at + 8, true),
      batchBytes: view.getFloat64(at + 16, true),
      maxTimestampMs: view.getFloat64(at + 24, true),
    });
  }
  const isWhole =
    version === 1
      ? decodeStreamsV1(bytes, directory)
      : await new RowReader(bytes.subarray(rowsAt)).readInto(directory, view.getUint32(8, true), PADDING);
  return isWhole ? files : null;
}
