/**
 * Times of records that a number does not hold exactly, as Java has them: 64 bits, beyond which they begin anew at the other
 * end. Times of this age never come here.
 */
import { BatchField } from './batch.ts';
import type { RecordCursor } from './iterate.ts';

/** Milliseconds; a bigint where a number is not exact. */
export type ExactTime = number | bigint;

/** The 64-bit field at `at`. */
export function exactTime(bytes: Buffer, at: number): ExactTime {
  const time = bytes.readBigInt64BE(at);
  const rounded = Number(time);
  return Number.isSafeInteger(rounded) ? rounded : time;
}

/** The time of the cursor's record, which lies in `body`. */
export function exactRecordTime(batch: Buffer, body: Buffer, { end, length }: RecordCursor): ExactTime {
  // Behind its attributes.
  let at = end - length + 1;
  let zigzag = 0n;
  for (let shift = 0n, byte = 0x80; byte >= 0x80; shift += 7n) {
    byte = body[at++] as number;
    zigzag |= BigInt(byte & 0x7f) << shift;
  }
  const delta = (BigInt.asUintN(64, zigzag) >> 1n) ^ -(zigzag & 1n);
  return BigInt.asIntN(64, batch.readBigInt64BE(BatchField.BASE_TIMESTAMP) + delta);
}
