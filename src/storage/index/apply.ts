/**
 * What each entry means for the directory and the index of its file. The same code runs after a write and when a start
 * replays the journal, so both come to the same state.
 */
import type { ActiveIndex } from './active-index.ts';
import type { Directory } from '../directory.ts';
import { ROW_INTERNAL } from '../directory.ts';
import { EntryKind } from '../format/format.ts';
import type { EntryFields } from '../format/entry.ts';
import type { JournalFile } from './journal-file.ts';
import { type AbortedTransaction, StorageError } from '../types.ts';

/** Where an entry lies. */
export interface EntryPlace {
  readonly file: JournalFile;
  readonly index: ActiveIndex;
  readonly position: number;
  /** Bytes of the payload; of a batch entry, those of the batch. */
  readonly payloadLength: number;
  /** Time of the write, in ms. */
  readonly writtenMs: number;
}

/**
 * Applies one written batch of the stream in `row`, or of no known stream if `row` is -1.
 * @param aborted the transaction that it aborts, or null
 */
export function applyBatch(
  directory: Directory,
  row: number,
  entry: EntryFields,
  place: EntryPlace,
  aborted: AbortedTransaction | null,
): void {
  const { file, index, position, payloadLength, writtenMs } = place;
  file.batchBytes += payloadLength;
  if (row < 0) return;
  if (entry.baseOffset !== directory.writtenEnd.get(row)) throw outOfPlace(entry, place, directory, row);
  index.add(entry, position, payloadLength, writtenMs);
  const end = entry.baseOffset + entry.offsetCount;
  if (aborted !== null) {
    index.aborts.add(entry.stream, aborted);
    file.hasAborts = true;
    directory.newestAbortEnd.set(row, end);
  }
  directory.writtenEnd.set(row, end);
  if (end > directory.logEnd.get(row)) directory.moveEnd(row, end);
  directory.leaderEpoch.set(row, entry.leaderEpoch);
  directory.newestFile.set(row, file.sequence);
  directory.addLiveBytes(row, payloadLength);
  if (entry.maxTimestampMs > file.maxTimestampMs) file.maxTimestampMs = entry.maxTimestampMs;
}

/** Applies one written entry that is no batch. `removedBytes` is the payload of TRIM and COMPACTED. */
export function applyControl(directory: Directory, entry: EntryFields, place: EntryPlace, removedBytes: number): void {
  const row = directory.find(entry.stream);
  switch (entry.kind) {
    case EntryKind.STREAM_CREATED:
      if (row < 0) directory.add(entry.stream, entry.offsetCount === 1 ? ROW_INTERNAL : 0);
      else if (entry.offsetCount === 1) directory.flags.set(row, ROW_INTERNAL); // it became one
      break;
    case EntryKind.STREAM_DELETED:
      directory.remove(entry.stream);
      break;
    case EntryKind.TRIM:
      if (row < 0) break;
      if (entry.baseOffset > directory.writtenEnd.get(row)) throw outOfPlace(entry, place, directory, row);
      directory.logStart.set(row, Math.max(directory.logStart.get(row), entry.baseOffset));
      directory.journaledStart.set(row, Math.max(directory.journaledStart.get(row), entry.baseOffset));
      directory.addLiveBytes(row, -removedBytes);
      break;
    case EntryKind.COMPACTED:
      if (row < 0) break;
      directory.compactedEnd.set(row, Math.max(directory.compactedEnd.get(row), entry.baseOffset));
      directory.addLiveBytes(row, -removedBytes);
      break;
    case EntryKind.SNAPSHOT:
      if (row < 0) break;
      directory.snapshotFile.set(row, place.file.sequence);
      directory.snapshotPosition.set(row, place.position);
      directory.snapshotOffset.set(row, entry.baseOffset);
      directory.setSnapshotLength(row, place.payloadLength);
      break;
    default:
      // The others say nothing about a stream.
      break;
  }
}

/** The offset of an entry does not fit the stream. */
function outOfPlace(entry: EntryFields, place: EntryPlace, directory: Directory, row: number): StorageError {
  const what = entry.kind === EntryKind.BATCH ? 'batch' : 'trim';
  const at = `${place.file.path}: the ${what} at ${place.position} has base offset ${entry.baseOffset}`;
  return new StorageError('CORRUPT', `${at}; stream ${entry.stream} ends at ${directory.writtenEnd.get(row)}`);
}
