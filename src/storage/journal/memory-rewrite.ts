/** Writes a sealed file of a journal in memory anew, with other batches of one stream, or fewer. */
import type { EngineContext } from '../context.ts';
import { ABORT_NOTE_BYTES, abortNote } from '../format/abort-note.ts';
import { recordsTimestamp } from '../format/batch.ts';
import { writeEntryHeader } from '../format/entry.ts';
import {
  aligned,
  decodeEntryHeader,
  ENTRY_HEADER_BYTES,
  type EntryHeader,
  EntryKind,
  FILE_HEADER_BYTES,
  FLAG_ABORT_NOTE,
  FLAG_RECORD_BATCH,
  viewOf,
} from '../format/format.ts';
import { ActiveIndex } from '../index/active-index.ts';
import { entryPosition } from '../index/file-index.ts';
import { JournalFile } from '../index/journal-file.ts';
import { RunIndex } from '../index/run-index.ts';
import { JournalSource } from '../runs/journal/source.ts';
import type { AbortedTransaction, StreamId } from '../types.ts';

/** Bytes copied before others have their turn. */
const SLICE_BYTES = 256 * 1024;

/** What becomes of a stream's batches; those that are not named stay. */
export interface BatchChanges {
  readonly stream: StreamId;
  /** By base offset: what takes the place of a batch; null: nothing. */
  readonly batches: ReadonlyMap<number, Buffer | null>;
  readonly keepsAborted: (aborted: AbortedTransaction) => boolean;
}

/** An entry as it lies in the file. */
interface OldEntry extends EntryHeader {
  readonly position: number;
  readonly payload: Buffer;
}

/** The file's batches and newest snapshots, by stream and offset. */
function* entriesOf(context: EngineContext, file: JournalFile, index: RunIndex): Generator<OldEntry, void, undefined> {
  const { firstEntry, entryCount } = index.runs;
  for (let run = 0; run < index.runCount; run++) {
    const first = firstEntry[run] as number;
    for (let entry = first; entry < first + (entryCount[run] as number); entry++) {
      const found = entryIn(file, entryPosition(index, entry));
      if (found !== null) yield found;
    }
  }
  const { directory } = context;
  for (let row = 0; row < directory.rowLimit; row++) {
    if (directory.snapshotFile.get(row) !== file.sequence || directory.stream.get(row) === 0) continue;
    const found = entryIn(file, directory.snapshotPosition.get(row));
    if (found?.kind === EntryKind.SNAPSHOT) yield found;
  }
}

/** Null when its bytes were dropped. */
function entryIn(file: JournalFile, position: number): OldEntry | null {
  const header = Buffer.alloc(ENTRY_HEADER_BYTES);
  if (!file.resident.copy(position, position + header.length, header)) return null;
  const fields = decodeEntryHeader(viewOf(header), 0);
  if (fields === null) return null;
  const payload = Buffer.alloc(fields.payloadLength);
  const start = position + ENTRY_HEADER_BYTES;
  if (payload.length > 0 && !file.resident.copy(start, start + payload.length, payload)) return null;
  return { ...fields, position, payload };
}

/** What the entry becomes; null if it goes. */
function changed(entry: OldEntry, changes: BatchChanges): OldEntry | null {
  if (entry.kind !== EntryKind.BATCH || entry.stream !== changes.stream) return entry;
  const aborted = abortOf(entry);
  const batch = changes.batches.get(entry.baseOffset);
  if (batch === null) return null;
  const keepsNote = aborted !== null && changes.keepsAborted(aborted);
  if (batch === undefined && (aborted === null || keepsNote)) return entry;
  const note = keepsNote ? entry.payload.subarray(entry.payload.length - ABORT_NOTE_BYTES) : null;
  const bytes = batch ?? entry.payload.subarray(0, entry.payload.length - (aborted === null ? 0 : ABORT_NOTE_BYTES));
  const payload = note === null ? bytes : Buffer.concat([bytes, note]);
  const flags = note === null ? FLAG_RECORD_BATCH : FLAG_ABORT_NOTE;
  return { ...entry, payload, flags, maxTimestampMs: Math.max(-1, recordsTimestamp(bytes, 0)) };
}

function abortOf({ flags, payload, baseOffset, offsetCount }: OldEntry): AbortedTransaction | null {
  return abortNote(flags, payload, baseOffset + offsetCount - 1);
}

/** Lays entries down in a new file. */
class FileCopy {
  readonly file: JournalFile;
  readonly #index = new ActiveIndex();
  readonly #pieces: Array<readonly [position: number, bytes: Buffer]> = [];
  #end = FILE_HEADER_BYTES;

  constructor({ sequence, path, salt, createdMs, startLsn }: JournalFile) {
    this.file = new JournalFile({ sequence, path, salt, createdMs, startLsn });
  }

  /** Gives where the entry lies. */
  add(entry: OldEntry): number {
    const { file } = this;
    const { payload, writtenMs } = entry;
    const position = aligned(this.#end);
    const bytes = Buffer.allocUnsafe(ENTRY_HEADER_BYTES + payload.length);
    const context = { salt: file.salt, syncedFilesBack: 0, syncedPosition: 0, recycledEnd: 0, writtenMs };
    writeEntryHeader(viewOf(bytes), 0, entry, payload, { position, context });
    payload.copy(bytes, ENTRY_HEADER_BYTES);
    this.#pieces.push([position, bytes]);
    this.#end = position + bytes.length;
    if (entry.kind !== EntryKind.BATCH) return position;
    const aborted = abortOf(entry);
    const byteLength = payload.length - (aborted === null ? 0 : ABORT_NOTE_BYTES);
    this.#index.add(entry, position, byteLength, writtenMs);
    if (aborted !== null) {
      this.#index.aborts.add(entry.stream, aborted);
      file.hasAborts = true;
    }
    file.batchBytes += byteLength;
    file.maxTimestampMs = Math.max(file.maxTimestampMs, entry.maxTimestampMs);
    return position;
  }

  finish(): ReadonlyArray<readonly [position: number, bytes: Buffer]> {
    this.file.written = this.#end;
    this.file.index = RunIndex.fromActive(this.#index);
    this.file.seal = { checkpointPosition: 0, checkpointEnd: 0, indexPosition: 0, indexLength: 0 };
    return this.#pieces;
  }
}

/** A snapshot that lies elsewhere in the copy. */
interface MovedSnapshot {
  readonly row: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Puts a file with the changes in the place of a sealed one. Whoever holds the old one can go on reading it.
 * @param pause waits until others had their turn
 * @returns false if the old one was dropped meanwhile to make room
 */
export async function rewriteInMemory(
  context: EngineContext,
  source: JournalSource,
  changes: BatchChanges,
  pause: () => Promise<void>,
): Promise<boolean> {
  const { table, sources, cache, directory } = context;
  const old = source.file;
  const copy = new FileCopy(old);
  const snapshots: MovedSnapshot[] = [];
  let sliceBytes = 0;
  source.retain();
  try {
    for (const entry of entriesOf(context, old, old.index as RunIndex)) {
      const kept = changed(entry, changes);
      if (kept === null) continue;
      const to = copy.add(kept);
      const row = kept.kind === EntryKind.SNAPSHOT ? directory.find(kept.stream) : -1;
      if (row >= 0) snapshots.push({ row, from: entry.position, to });
      sliceBytes += ENTRY_HEADER_BYTES + kept.payload.length;
      if (sliceBytes < SLICE_BYTES) continue;
      sliceBytes = 0;
      await pause();
    }
  } finally {
    source.release();
  }
  if (!sources.all.includes(source)) return false;
  for (const { row, from, to } of snapshots) {
    // Unless there is a newer one by now.
    if (directory.snapshotFile.get(row) !== old.sequence || directory.snapshotPosition.get(row) !== from) continue;
    directory.snapshotPosition.set(row, to);
  }
  cache.restore(copy.file, copy.finish());
  table.list[table.indexOf(old.sequence)] = copy.file;
  sources.replace([source], new JournalSource(copy.file, source.reads));
  dropWhenRead(context, old);
  return true;
}

/** How soon it is looked again whether readers are gone. */
const DROP_DELAY_MS = 50;

function dropWhenRead(context: EngineContext, file: JournalFile): void {
  if (file.references === 0) context.cache.drop(file);
  else context.clock.setTimer(DROP_DELAY_MS, () => dropWhenRead(context, file));
}
