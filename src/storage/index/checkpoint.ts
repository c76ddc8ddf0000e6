/**
 * A checkpoint: all streams and files as of its place in the journal, so that a start reads from there on only.
 *
 * Parts are cut at any byte of: u16 version, u16 row bytes (96), u16 file row bytes (40), u16 reserved, u32 rows,
 * u32 files; then per file: sequence, length, batch bytes, max timestamp, reserved (f64 each); then per stream, in
 * order of id: id, log start, end offset, live bytes, newest file, snapshot file, snapshot position, snapshot offset
 * (f64), leader epoch (i32), snapshot length (u32), flags (u8), 7 reserved bytes, end of the newest abort marker and of
 * what is compacted (f64; 0 in checkpoints from before there were any).
 */
import type { Directory } from '../directory.ts';
import type { JournalFile } from './journal-file.ts';

const CHECKPOINT_VERSION = 1;
const HEADER_BYTES = 16;
const FILE_ROW_BYTES = 40;
const STREAM_ROW_BYTES = 96;
export const CHECKPOINT_PART_BYTES = 4 * 1024 * 1024;

/** A file as a checkpoint lists it. */
export interface CheckpointFile {
  readonly sequence: number;
  readonly length: number;
  readonly batchBytes: number;
  readonly maxTimestampMs: number;
}

/** Size of a checkpoint in bytes. */
export function checkpointBytes(directory: Directory, fileCount: number): number {
  return HEADER_BYTES + fileCount * FILE_ROW_BYTES + directory.size * STREAM_ROW_BYTES;
}

/** The checkpoint's parts, each a payload. `files` are those before the one that will hold it. */
export function encodeCheckpoint(directory: Directory, files: readonly JournalFile[]): Buffer[] {
  const bytes = Buffer.alloc(checkpointBytes(directory, files.length));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint16(0, CHECKPOINT_VERSION, true);
  view.setUint16(2, STREAM_ROW_BYTES, true);
  view.setUint16(4, FILE_ROW_BYTES, true);
  view.setUint32(8, directory.size, true);
  view.setUint32(12, files.length, true);
  let at = HEADER_BYTES;
  for (const file of files) {
    view.setFloat64(at, file.sequence, true);
    view.setFloat64(at + 8, file.written, true);
    view.setFloat64(at + 16, file.batchBytes, true);
    view.setFloat64(at + 24, file.maxTimestampMs, true);
    at += FILE_ROW_BYTES;
  }
  for (const [stream, row] of directory.entries()) {
    const d = directory;
    view.setFloat64(at, stream, true);
    view.setFloat64(at + 8, d.journaledStart[row] as number, true);
    view.setFloat64(at + 16, d.writtenEnd[row] as number, true);
    view.setFloat64(at + 24, d.liveBytes[row] as number, true);
    view.setFloat64(at + 32, d.newestFile[row] as number, true);
    view.setFloat64(at + 40, d.snapshotFile[row] as number, true);
    view.setFloat64(at + 48, d.snapshotPosition[row] as number, true);
    view.setFloat64(at + 56, d.snapshotOffset[row] as number, true);
    view.setInt32(at + 64, d.leaderEpoch[row] as number, true);
    view.setUint32(at + 68, d.snapshotLength[row] as number, true);
    view.setUint8(at + 72, d.flags[row] as number);
    view.setFloat64(at + 80, d.newestAbortEnd[row] as number, true);
    view.setFloat64(at + 88, d.compactedEnd[row] as number, true);
    at += STREAM_ROW_BYTES;
  }
  const parts: Buffer[] = [];
  for (let from = 0; from < bytes.length; from += CHECKPOINT_PART_BYTES) {
    parts.push(bytes.subarray(from, from + CHECKPOINT_PART_BYTES));
  }
  return parts;
}

/** Fills an empty directory; gives the files listed, or null when the bytes are no checkpoint of a known version. */
export function decodeCheckpoint(bytes: Buffer, directory: Directory): CheckpointFile[] | null {
  if (bytes.length < HEADER_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const streamRowBytes = view.getUint16(2, true);
  const fileRowBytes = view.getUint16(4, true);
  const rows = view.getUint32(8, true);
  const fileCount = view.getUint32(12, true);
  if (view.getUint16(0, true) !== CHECKPOINT_VERSION || streamRowBytes < 88 || fileRowBytes < 32) return null;
  if (bytes.length !== HEADER_BYTES + fileCount * fileRowBytes + rows * streamRowBytes) return null;
  const files: CheckpointFile[] = [];
  let at = HEADER_BYTES;
  for (let i = 0; i < fileCount; i++, at += fileRowBytes) {
    files.push({
      sequence: view.getFloat64(at, true),
      length: view.getFloat64(at + 8, true),
      batchBytes: view.getFloat64(at + 16, true),
      maxTimestampMs: view.getFloat64(at + 24, true),
    });
  }
  for (let i = 0; i < rows; i++, at += streamRowBytes) {
    const row = directory.add(view.getFloat64(at, true), view.getUint8(at + 72));
    const d = directory;
    d.logStart[row] = d.journaledStart[row] = view.getFloat64(at + 8, true);
    d.logEnd[row] = d.writtenEnd[row] = view.getFloat64(at + 16, true);
    d.addLiveBytes(row, view.getFloat64(at + 24, true));
    d.newestFile[row] = view.getFloat64(at + 32, true);
    d.snapshotFile[row] = view.getFloat64(at + 40, true);
    d.snapshotPosition[row] = view.getFloat64(at + 48, true);
    d.snapshotOffset[row] = view.getFloat64(at + 56, true);
    d.leaderEpoch[row] = view.getInt32(at + 64, true);
    d.setSnapshotLength(row, view.getUint32(at + 68, true));
    d.newestAbortEnd[row] = view.getFloat64(at + 80, true);
    d.compactedEnd[row] = streamRowBytes < 96 ? 0 : view.getFloat64(at + 88, true);
  }
  return files;
}
