/** What makes bytes a record batch for the engine; the header itself is read by `protocol/records/batch.ts`. */
import { crc32c } from '../../../protocol/crc32c.ts';
import {
  BATCH_OVERHEAD,
  baseOffset,
  lastOffsetDelta,
  leaderEpoch,
  MAGIC_V2,
  magic,
  maxTimestamp,
  recordsCount,
  sizeInBytes,
  verifyCrc,
} from '../../../protocol/records/batch.ts';
import { ENTRY_HEADER_BYTES, FLAG_ABORT_NOTE, FLAG_COVERED_BATCH, FLAG_RECORD_BATCH } from './format.ts';
import { headerCrc } from './entry.ts';

/** What a batch's header must say. */
interface ExpectedBatch {
  readonly baseOffset: number;
  readonly offsetCount: number;
  readonly leaderEpoch: number;
}

/** True when the bytes are one v2 record batch with these offsets and this leader epoch; its CRC is not checked. */
export function isRecordBatch(bytes: Buffer, expected: ExpectedBatch): boolean {
  return (
    bytes.length >= BATCH_OVERHEAD &&
    sizeInBytes(bytes, 0) === bytes.length &&
    magic(bytes, 0) === MAGIC_V2 &&
    leaderEpoch(bytes, 0) === expected.leaderEpoch &&
    lastOffsetDelta(bytes, 0) === expected.offsetCount - 1 &&
    baseOffset(bytes, 0) === expected.baseOffset
  );
}

/** True when an entry's flags say that its payload is a v2 record batch, maybe with a note behind it. */
export function holdsRecordBatch(flags: number): boolean {
  return (flags & (FLAG_RECORD_BATCH | FLAG_COVERED_BATCH | FLAG_ABORT_NOTE)) !== 0;
}

/** True when the CRC of the batch entry at `at`, which lies at `position` of its file, holds. It must be there whole. */
export function hasSoundCrc(bytes: Buffer, view: DataView, at: number, salt: number, position: number): boolean {
  const payloadAt = at + ENTRY_HEADER_BYTES;
  const crc = headerCrc(view, at, salt, position);
  const isOwn = (view.getUint8(at + 9) & FLAG_RECORD_BATCH) !== 0;
  const payload = isOwn ? null : bytes.subarray(payloadAt, payloadAt + view.getUint32(at + 4, true));
  return (payload === null ? crc : crc32c(payload, crc)) === view.getUint32(at, true);
}

/** True when the CRC that the record batch of the entry at `at` carries holds; also where the entry holds none. */
export function hasSoundBatch(bytes: Buffer, view: DataView, at: number): boolean {
  return !holdsRecordBatch(view.getUint8(at + 9)) || verifyCrc(bytes, at + ENTRY_HEADER_BYTES);
}

/**
 * Largest timestamp of the records of the batch at `at`, in ms, or -1 without any: what compaction leaves of a producer, a
 * batch without records, has none by which it could be found or kept.
 */
export function recordsTimestamp(bytes: Buffer, at: number): number {
  return recordsCount(bytes, at) === 0 ? -1 : maxTimestamp(bytes, at);
}
