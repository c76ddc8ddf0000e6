/** How an appended batch becomes an entry of the journal. */
import { plainSlice } from '../../base/counted.ts';
import { withAbortNote } from './abort-note.ts';
import { isRecordBatch } from './batch.ts';
import { EntryKind, FLAG_ABORT_NOTE, FLAG_RECORD_BATCH } from './format.ts';
import type { EntryFields } from './entry.ts';
import { PendingEntry } from './entry.ts';
import type { LaidAppend, StreamAppend } from '../types.ts';

/** The entry for a batch of the stream in `row`; it holds a reference to the payload. @throws RangeError */
export function batchEntry(append: StreamAppend | LaidAppend, row: number, needsSync: boolean): PendingEntry {
  const { payload, aborted = null } = append;
  const isSlice = 'bytes' in payload;
  const isBatch = isSlice && append.isOpaque !== true && isRecordBatch(payload.bytes, append);
  if (aborted !== null && !isBatch) throw new RangeError('Only a record batch can abort a transaction');
  const batchFlag = aborted === null ? FLAG_RECORD_BATCH : FLAG_ABORT_NOTE;
  const stored = isBatch && aborted !== null ? plainSlice(withAbortNote(payload.bytes, aborted)) : payload;
  if ('owner' in stored) stored.owner.retain();
  const fields: EntryFields = {
    kind: EntryKind.BATCH,
    flags: isBatch ? batchFlag : 0,
    stream: append.stream,
    baseOffset: append.baseOffset,
    offsetCount: append.offsetCount,
    leaderEpoch: append.leaderEpoch,
    maxTimestampMs: append.maxTimestampMs,
  };
  const entry = new PendingEntry(fields, row, stored, needsSync, append.onCommit);
  entry.aborted = aborted;
  if (append.flushMs !== undefined) entry.flushMs = append.flushMs;
  if (append.appendCount !== undefined) entry.appendCount = append.appendCount;
  return entry;
}
