/** The few facts about v2 record batches that the engine relies on. */
import { crc32c } from '../../protocol/crc32c.ts';
import { BATCH_HEADER_BYTES, BATCH_LENGTH_OVERHEAD, BatchField } from './format.ts';

const MAGIC_AT = 16;
const MAGIC_V2 = 2;

/** True when the bytes are one v2 record batch with this base offset and leader epoch; its CRC is not checked. */
export function isRecordBatch(
  bytes: Buffer,
  expected: { readonly baseOffset: number; readonly leaderEpoch: number },
): boolean {
  return (
    bytes.length >= BATCH_HEADER_BYTES &&
    bytes[MAGIC_AT] === MAGIC_V2 &&
    bytes.readInt32BE(BatchField.LENGTH) === bytes.length - BATCH_LENGTH_OVERHEAD &&
    bytes.readInt32BE(BatchField.LEADER_EPOCH) === expected.leaderEpoch &&
    bytes.readInt32BE(BatchField.BASE_OFFSET) * 2 ** 32 + bytes.readUInt32BE(BatchField.BASE_OFFSET + 4) ===
      expected.baseOffset
  );
}

/** True when a batch's own CRC-32C holds. */
export function isIntact(bytes: Buffer): boolean {
  return crc32c(bytes.subarray(BatchField.ATTRIBUTES)) === bytes.readUInt32BE(BatchField.CRC);
}
