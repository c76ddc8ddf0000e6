/**
 * What a sealed file says of itself at its end (index, footer), made again from its entries. Goes from header to header, a
 * window at a time: a batch that vouches for itself need not be whole, since its index entry does not depend on that.
 */
import { abortNote, noteBytes } from '../format/abort-note.ts';
import { ActiveIndex } from './active-index.ts';
import { aligned, ENTRY_HEADER_BYTES, EntryKind, FILE_HEADER_BYTES, isKnown } from '../format/format.ts';
import { RunIndex } from './run-index.ts';
import type { ScanSource } from '../format/scan.ts';
import { EntryWalk } from '../format/scan.ts';

/** Small, so that what is found in one window does not hold the event loop for long. */
const WINDOW_BYTES = 256 * 1024;

export interface RebuiltFile {
  readonly index: RunIndex;
  /** Payload bytes of all batches. */
  readonly batchBytes: number;
  readonly maxTimestampMs: number;
  /** Where the seal starts, or what is no sound entry. */
  readonly end: number;
  /** An entry of the seal lies there: all before it is known. */
  readonly isSealed: boolean;
  /** Where a whole checkpoint that starts there ends; `end` when there is none. */
  readonly checkpointEnd: number;
}

/** Walks a file up to its seal or the first entry that is not sound. */
export async function rebuildFile(source: ScanSource): Promise<RebuiltFile> {
  const walk = new EntryWalk(source, WINDOW_BYTES);
  const index = new ActiveIndex();
  let batchBytes = 0;
  let maxTimestampMs = -1;
  let position = FILE_HEADER_BYTES;
  let header = await walk.header(position);
  while (header !== null && !isOfSeal(header.kind)) {
    const past = position + ENTRY_HEADER_BYTES + header.payloadLength;
    if (past > source.size) {
      header = null;
      break;
    }
    if (header.kind === EntryKind.BATCH && isKnown(header)) {
      const note = noteBytes(header.flags);
      const byteLength = header.payloadLength - note;
      index.add(header, position, byteLength, header.writtenMs);
      const end = note === 0 ? null : await walk.payloadEnd(position, header, note);
      const aborted = end === null ? null : abortNote(header.flags, end, header.baseOffset);
      if (aborted !== null) index.aborts.add(header.stream, aborted);
      batchBytes += byteLength;
      maxTimestampMs = Math.max(maxTimestampMs, header.maxTimestampMs);
    }
    position = aligned(past);
    header = await walk.header(position);
  }
  const end = position;
  const isSealed = header !== null;
  let checkpointEnd = end;
  for (let part = 0; header?.kind === EntryKind.CHECKPOINT && header.baseOffset === part; part++) {
    position = aligned(position + ENTRY_HEADER_BYTES + header.payloadLength);
    if (part === header.offsetCount - 1) checkpointEnd = position;
    header = await walk.header(position);
  }
  return { index: RunIndex.fromActive(index), batchBytes, maxTimestampMs, end, isSealed, checkpointEnd };
}

function isOfSeal(kind: EntryKind): boolean {
  return kind === EntryKind.CHECKPOINT || kind === EntryKind.RUN_INDEX || kind === EntryKind.FOOTER;
}
