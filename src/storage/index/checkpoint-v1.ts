/**
 * Checkpoints of version 1, as earlier releases wrote them: u16 version, u16 row bytes (96), u16 file row bytes (40), u16
 * reserved, u32 rows, u32 files; then per file: sequence, length, batch bytes, max timestamp, reserved (f64 each); then per
 * stream: id, log start, end offset, live bytes, newest file, snapshot file, snapshot position, snapshot offset (f64),
 * leader epoch (i32), snapshot length (u32), flags (u8), 7 reserved bytes, end of the newest abort marker and of what is
 * compacted (f64; 0 in checkpoints from before there were any).
 */
import type { Directory } from '../directory.ts';

const HEADER_BYTES = 16;

/** Fills an empty directory with the streams; false when the bytes are no such checkpoint. */
export function decodeStreamsV1(bytes: Buffer, directory: Directory): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const streamRowBytes = view.getUint16(2, true);
  const fileRowBytes = view.getUint16(4, true);
  const rows = view.getUint32(8, true);
  const fileCount = view.getUint32(12, true);
  if (streamRowBytes < 88 || bytes.length !== HEADER_BYTES + fileCount * fileRowBytes + rows * streamRowBytes)
    return false;
  directory.reserve(rows);
  let at = HEADER_BYTES + fileCount * fileRowBytes;
  for (let i = 0; i < rows; i++, at += streamRowBytes) {
    const row = directory.add(view.getFloat64(at, true), view.getUint8(at + 72));
    const d = directory;
    const logStart = view.getFloat64(at + 8, true);
    d.logStart.set(row, logStart);
    d.journaledStart.set(row, logStart);
    const end = view.getFloat64(at + 16, true);
    d.moveEnd(row, end);
    d.writtenEnd.set(row, end);
    d.addLiveBytes(row, view.getFloat64(at + 24, true));
    d.newestFile.set(row, view.getFloat64(at + 32, true));
    d.snapshotFile.set(row, view.getFloat64(at + 40, true));
    d.snapshotPosition.set(row, view.getFloat64(at + 48, true));
    d.snapshotOffset.set(row, view.getFloat64(at + 56, true));
    d.leaderEpoch.set(row, view.getInt32(at + 64, true));
    d.setSnapshotLength(row, view.getUint32(at + 68, true));
    d.newestAbortEnd.set(row, view.getFloat64(at + 80, true));
    d.compactedEnd.set(row, streamRowBytes < 96 ? 0 : view.getFloat64(at + 88, true));
  }
  return true;
}
