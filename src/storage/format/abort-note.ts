/**
 * What the journal keeps of an aborted transaction: a note behind the batch of its marker, in the same entry, so that
 * both are there or neither. The note is no part of the batch: indexes and readers leave it out.
 *
 *   0  i64  producer id     8  i64  first offset of the transaction     16  i64  last stable offset behind the marker
 *
 * The last offset is the batch's.
 */
import { FLAG_ABORT_NOTE, getInt64, setInt64, viewOf } from './format.ts';
import type { AbortedTransaction } from '../types.ts';

export const ABORT_NOTE_BYTES = 24;

/** Bytes of a batch entry's payload that are no part of the batch. */
export function noteBytes(flags: number): number {
  return (flags & FLAG_ABORT_NOTE) === 0 ? 0 : ABORT_NOTE_BYTES;
}

/** The marker's batch with its note. */
export function withAbortNote(batch: Buffer, aborted: AbortedTransaction): Buffer {
  const bytes = Buffer.allocUnsafe(batch.length + ABORT_NOTE_BYTES);
  batch.copy(bytes);
  bytes.writeBigInt64LE(aborted.producerId, batch.length);
  const view = viewOf(bytes);
  setInt64(view, batch.length + 8, aborted.firstOffset);
  setInt64(view, batch.length + 16, aborted.lastStableOffset);
  return bytes;
}

/** The note at the end of a payload, if flags say that there is one; else null. */
export function abortNote(flags: number, payload: Buffer, lastOffset: number): AbortedTransaction | null {
  if (noteBytes(flags) === 0 || payload.length < ABORT_NOTE_BYTES) return null;
  const at = payload.length - ABORT_NOTE_BYTES;
  const view = viewOf(payload);
  return {
    producerId: payload.readBigInt64LE(at),
    firstOffset: getInt64(view, at + 8),
    lastOffset,
    lastStableOffset: getInt64(view, at + 16),
  };
}
