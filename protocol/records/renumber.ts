/** Writes records anew with other deltas; everything else of them is copied. */
import { RecordCursor } from './iterate.ts';
import { varintSize, varlongSize, writeVarint, writeVarlong } from './varint.ts';

/** Records written before others have their turn: some ten milliseconds. */
const RECORDS_PER_TURN = 50_000;

/**
 * The `count` sound records of `body` with the offset deltas 0, 1, 2 …, and, if asked for, all at the batch's base
 * timestamp. `pause` gives others their turn.
 */
export async function renumberRecords(
  body: Buffer,
  count: number,
  atBaseTimestamp: boolean,
  pause: () => Promise<void>,
): Promise<Buffer> {
  // A delta is written in fewest bytes; only the new offset may take more than the old one did.
  const out = Buffer.allocUnsafe(body.length + count * 2 * varintSize(count));
  const cursor = new RecordCursor(body, count);
  let to = 0;
  for (let index = 0; cursor.next(); index++) {
    const timestampDelta = atBaseTimestamp ? 0 : cursor.timestampDelta;
    if (index % RECORDS_PER_TURN === RECORDS_PER_TURN - 1) await pause();
    const restBytes = cursor.end - cursor.fieldsStart;
    const length = 1 + varlongSize(timestampDelta) + varintSize(index) + restBytes;
    to = writeVarint(out, length, to);
    out[to++] = 0;
    to = writeVarlong(out, timestampDelta, to);
    to = writeVarint(out, index, to);
    body.copy(out, to, cursor.fieldsStart, cursor.end);
    to += restBytes;
  }
  return out.subarray(0, to);
}
