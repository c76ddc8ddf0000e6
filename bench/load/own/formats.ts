/** What a Fetch brings: record batches, or from version 3 down messages of format v1. Both lie back to back. */
import {
  BATCH_OVERHEAD,
  LOG_OVERHEAD,
  nextOffset,
  readInt64,
  recordsCount,
  sizeInBytes,
} from '../../../protocol/records/batch.ts';
import { MessageField } from '../../../protocol/records/message.ts';

export interface RecordFormat {
  /** Bytes of the batch or message at `at`, or 0 when it is cut off. */
  sizeAt(records: Buffer, at: number): number;
  countAt(records: Buffer, at: number): number;
  /** Offset behind the batch or message at `at`. */
  nextOffset(records: Buffer, at: number): number;
}

export const BATCHES: RecordFormat = {
  sizeAt(records, at) {
    if (at + BATCH_OVERHEAD > records.length) return 0;
    const size = sizeInBytes(records, at);
    return at + size > records.length ? 0 : size;
  },
  countAt: recordsCount,
  nextOffset,
};

/** Of messages that are not compressed. */
export const MESSAGES: RecordFormat = {
  sizeAt(records, at) {
    if (at + LOG_OVERHEAD > records.length) return 0;
    const size = LOG_OVERHEAD + records.readInt32BE(at + MessageField.SIZE);
    return at + size > records.length ? 0 : size;
  },
  countAt: () => 1,
  nextOffset: (records, at) => readInt64(records, at) + 1,
};

/** Without what was cut off at the end. */
export function wholeOnes(format: RecordFormat, records: Buffer): Buffer {
  let at = 0;
  for (let size = format.sizeAt(records, 0); size > 0; size = format.sizeAt(records, at)) at += size;
  return records.subarray(0, at);
}

/** Offset behind the last of whole ones. */
export function endOf(format: RecordFormat, records: Buffer): number {
  let end = 0;
  for (let at = 0; at < records.length; at += format.sizeAt(records, at)) end = format.nextOffset(records, at);
  return end;
}

export function countRecords(format: RecordFormat, records: Buffer): number {
  let count = 0;
  for (let at = 0; at < records.length; at += format.sizeAt(records, at)) count += format.countAt(records, at);
  return count;
}
