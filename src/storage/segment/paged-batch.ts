/** Compares a batch that was read from a segment with what the index page says of it. */
import { crc32c } from '../../../protocol/crc32c.ts';
import { BATCH_OVERHEAD, BatchField, LOG_OVERHEAD, MAGIC_V2, verifyCrc } from '../../../protocol/records/batch.ts';
import type { IndexPage } from './page.ts';
import { BLOCK_RECORDS } from './page-format.ts';

const TWO_32 = 2 ** 32;

/**
 * True when the bytes at `at`, of a record batch at least its header, are the batch in row `batch`, of `run`: a record batch by its header, any other by its CRC.
 * What is served then lies at the offsets that it says. Runs for every batch that is read.
 */
export function isPagedBatch(bytes: Buffer, at: number, page: IndexPage, run: number, batch: number): boolean {
  const { runs, batches, blocks } = page;
  const block = page.blockOf(run);
  const byteLength = page.byteLengthOf(batch, block);
  if (((blocks.flags[block] as number) & BLOCK_RECORDS) === 0) {
    return (
      at + byteLength <= bytes.length &&
      batches.crc !== null &&
      crc32c(bytes.subarray(at, at + byteLength)) === batches.crc[batch]
    );
  }
  const offset = (runs.baseOffset[run] as number) + (batches.offsetDelta[batch] as number);
  return (
    byteLength >= BATCH_OVERHEAD &&
    at + BATCH_OVERHEAD <= bytes.length &&
    bytes.readInt32BE(at) * TWO_32 + bytes.readUInt32BE(at + 4) === offset &&
    bytes.readInt32BE(at + BatchField.BATCH_LENGTH) === byteLength - LOG_OVERHEAD &&
    bytes.readInt32BE(at + BatchField.LEADER_EPOCH) === runs.leaderEpoch[run] &&
    bytes.readInt8(at + BatchField.MAGIC) === MAGIC_V2 &&
    bytes.readInt32BE(at + BatchField.LAST_OFFSET_DELTA) === (batches.offsetCount[batch] as number) - 1
  );
}

/** As `isPagedBatch`, and the batch's own checksum holds. */
export function isSoundBatch(bytes: Buffer, at: number, page: IndexPage, run: number, batch: number): boolean {
  if (!isPagedBatch(bytes, at, page, run, batch)) return false;
  return ((page.blocks.flags[page.blockOf(run)] as number) & BLOCK_RECORDS) === 0 || verifyCrc(bytes, at);
}
