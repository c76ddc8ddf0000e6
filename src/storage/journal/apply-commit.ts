/** What a commit means once it is written: readers see it, and what append did before is taken back where it failed. */
import { broken } from '../../base/invariant.ts';
import type { EngineContext } from '../context.ts';
import type { Directory } from '../directory.ts';
import { ABORT_NOTE_BYTES } from '../format/abort-note.ts';
import type { PendingEntry } from '../format/entry.ts';
import { ENTRY_HEADER_BYTES, EntryKind, getInt64, viewOf } from '../format/format.ts';
import type { ActiveIndex } from '../index/active-index.ts';
import { applyBatch, applyControl } from '../index/apply.ts';
import type { Commit } from './commit.ts';

/** Makes a written commit of the active file visible to readers. */
export function applyCommit(context: EngineContext, commit: Commit): void {
  const { directory, table, sources } = context;
  const { file, writtenMs } = commit;
  const index = file.index as ActiveIndex;
  // One for all: there may be very many.
  const place = { file, index, position: 0, payloadLength: 0, writtenMs };
  let end = commit.position;
  for (const entry of commit.entries) {
    const { position, aborted } = entry;
    if (position < end) broken(`The entry at ${position} lies in the one that ends at ${end}`);
    end = position + ENTRY_HEADER_BYTES + entry.payloadLength;
    place.position = position;
    place.payloadLength = aborted === null ? entry.payloadLength : entry.payloadLength - ABORT_NOTE_BYTES;
    if (entry.kind === EntryKind.BATCH) {
      applyBatch(directory, rowOf(directory, entry), entry, place, aborted);
      continue;
    }
    // A stream that is being created has its row; one without was deleted since.
    if (entry.kind === EntryKind.STREAM_CREATED) {
      directory.noteCreated(entry.stream);
      continue;
    }
    applyControl(directory, entry, place, removedBytes(entry));
    if (entry.kind !== EntryKind.FILE_REMOVED) continue;
    // From here on checkpoints do not list the file, and not before: a start may go by any checkpoint, with what the
    // journal says behind it.
    const gone = table.get(entry.baseOffset);
    if (gone !== undefined) table.remove(gone);
    sources.removeFile(entry.baseOffset);
  }
  if (end !== commit.end) broken(`A commit ends at ${commit.end}, its last entry at ${end}`);
}

/** Bytes that a TRIM or COMPACTED says are gone from its stream. */
function removedBytes({ kind, payload }: PendingEntry): number {
  if (payload === null || (kind !== EntryKind.TRIM && kind !== EntryKind.COMPACTED)) return 0;
  return getInt64(viewOf(payload.bytes), 0);
}

/** Takes back what the append of an entry did that is not written. */
export function revertAppend(directory: Directory, entry: PendingEntry): void {
  if (entry.kind !== EntryKind.BATCH) return;
  const row = rowOf(directory, entry);
  if (row >= 0) directory.logEnd.set(row, directory.writtenEnd.get(row));
}

/** The entry's row, unless its stream was deleted since. */
function rowOf(directory: Directory, entry: PendingEntry): number {
  return directory.stream.get(entry.row) === entry.stream ? entry.row : -1;
}
