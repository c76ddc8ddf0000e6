/** What makes bytes a record batch for the engine; the header itself is read by `protocol/records/batch.ts`. */
import { crc32c } from '../../protocol/crc32c.ts';
import {
  BATCH_OVERHEAD,
  BatchField,
  baseOffset,
  lastOffsetDelta,
  leaderEpoch,
  LOG_OVERHEAD,
  MAGIC_V2,
  magic,
  sizeInBytes,
  verifyCrc,
} from '../../protocol/records/batch.ts';
import type { FileIndex } from './file-index.ts';
import { entryEndOffset } from './file-index.ts';
import { noteBytes } from './abort-note.ts';
import { ENTRY_HEADER_BYTES, EntryKind, FLAG_ABORT_NOTE, FLAG_COVERED_BATCH, FLAG_RECORD_BATCH } from './format.ts';
import { headerCrc } from './journal/entry.ts';

const TWO_32 = 2 ** 32;

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
function holdsRecordBatch(flags: number): boolean {
  return (flags & (FLAG_RECORD_BATCH | FLAG_COVERED_BATCH | FLAG_ABORT_NOTE)) !== 0;
}

/**
 * True when the entry at `at`, its header and the header of its batch, is the one in row `entry` of an index, of run
 * `run`: what is served then lies at the offsets that it says. Runs for every batch that is read from a file.
 */
export function isIndexedBatch(view: DataView, at: number, index: FileIndex, run: number, entry: number): boolean {
  const { runs, entries } = index;
  const offset = (runs.baseOffset[run] as number) + (entries.offsetDelta[entry] as number);
  const offsetCount = entryEndOffset(index, run, entry) - offset;
  const byteLength = entries.length[entry] as number;
  const epoch = runs.leaderEpoch[run] as number;
  const flags = view.getUint8(at + 9);
  const isEntry =
    view.getUint32(at + 4, true) === byteLength + noteBytes(flags) &&
    view.getUint8(at + 8) === EntryKind.BATCH &&
    view.getUint32(at + 12, true) === offsetCount &&
    view.getUint32(at + 16, true) + view.getInt32(at + 20, true) * TWO_32 === runs.stream[run] &&
    view.getUint32(at + 24, true) + view.getInt32(at + 28, true) * TWO_32 === offset &&
    view.getInt32(at + 40, true) === epoch;
  if (!isEntry || !holdsRecordBatch(flags)) return isEntry;
  const batchAt = at + ENTRY_HEADER_BYTES;
  return (
    view.getUint32(batchAt + 4) + view.getInt32(batchAt) * TWO_32 === offset &&
    view.getInt32(batchAt + BatchField.BATCH_LENGTH) === byteLength - LOG_OVERHEAD &&
    view.getInt32(batchAt + BatchField.LEADER_EPOCH) === epoch &&
    view.getInt8(batchAt + BatchField.MAGIC) === MAGIC_V2 &&
    view.getInt32(batchAt + BatchField.LAST_OFFSET_DELTA) === offsetCount - 1
  );
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
