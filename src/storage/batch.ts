/** What makes bytes a record batch for the engine; the header itself is read by `protocol/records/batch.ts`. */
import { BATCH_OVERHEAD, baseOffset, leaderEpoch, MAGIC_V2, magic, sizeInBytes } from '../../protocol/records/batch.ts';

/** True when the bytes are one v2 record batch with this base offset and leader epoch; its CRC is not checked. */
export function isRecordBatch(
  bytes: Buffer,
  expected: { readonly baseOffset: number; readonly leaderEpoch: number },
): boolean {
  return (
    bytes.length >= BATCH_OVERHEAD &&
    magic(bytes, 0) === MAGIC_V2 &&
    sizeInBytes(bytes, 0) === bytes.length &&
    leaderEpoch(bytes, 0) === expected.leaderEpoch &&
    baseOffset(bytes, 0) === expected.baseOffset
  );
}
