/** Reads keys and values of records that were given up, to copy them. */
import { baseOffset, isControl, nextOffset, recordsCount, sizeInBytes } from '../../../protocol/records/batch.ts';
import { batchPositions, type RecordCursor } from '../../../protocol/records/iterate.ts';
import { RecordPieces } from '../../../protocol/records/record-pieces.ts';
import { partsBytes } from '../../base/part-bytes.ts';
import { recordsInPieces } from '../../partition/expansions.ts';
import { IsolationLevel, type PartitionLog } from '../../partition/types.ts';
import type { Original } from './letter.ts';

/** Bytes read at a time. */
const READ_BYTES = 1_048_576;

export interface Originals {
  readonly records: ReadonlyMap<number, Original>;
  /** Inclusive: what is behind it has not been looked at yet. */
  readonly lastOffset: number;
}

/**
 * The records of a range, ends included, as far as `maxBytes` of keys and values go. Left out are those that are not
 * there any more, and each that is larger alone. @throws KafkaError, StorageError (as a rejection)
 */
export async function readOriginals(
  log: PartitionLog,
  range: { readonly firstOffset: number; readonly lastOffset: number },
  maxBytes: number,
): Promise<Originals> {
  const { lastOffset } = range;
  const records = new Map<number, Original>();
  let left = maxBytes;
  const firstOffset = Math.max(range.firstOffset, log.logStartOffset);
  let offset = firstOffset;
  while (offset <= lastOffset && offset < log.highWatermark) {
    const startOffset = offset;
    const bytes = await readBytes(log, offset);
    for (const at of batchPositions(bytes)) {
      if (offset > lastOffset) break;
      const batch = bytes.subarray(at, at + sizeInBytes(bytes, at));
      let fullAt = -1;
      await eachRecord(batch, (recordOffset, cursor) => {
        if (recordOffset < firstOffset) return true;
        if (recordOffset > lastOffset) return false;
        const size = Math.max(0, cursor.keyLength) + Math.max(0, cursor.valueLength);
        if (size > maxBytes) return true;
        if (size > left) {
          fullAt = recordOffset;
          return false;
        }
        left -= size;
        records.set(recordOffset, { key: copyOf(cursor.key()), value: copyOf(cursor.value()) });
        return true;
      });
      if (fullAt >= 0) return { records, lastOffset: fullAt - 1 };
      offset = Math.max(offset, nextOffset(bytes, at));
    }
    if (offset === startOffset) break;
  }
  return { records, lastOffset };
}

/** Shows the records of a whole batch, in pieces, until it is told that no more are wanted; none of a marker. */
async function eachRecord(batch: Buffer, visit: (offset: number, cursor: RecordCursor) => boolean): Promise<void> {
  const count = recordsCount(batch, 0);
  if (count === 0 || isControl(batch, 0)) return;
  const records = new RecordPieces(count);
  await recordsInPieces(batch, (piece) => {
    const cursor = records.take(piece)?.cursor;
    while (cursor?.next() === true) if (!visit(baseOffset(batch, 0) + cursor.offsetDelta, cursor)) return false;
    return true;
  });
}

function copyOf(bytes: Buffer | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}

async function readBytes(log: PartitionLog, offset: number): Promise<Buffer> {
  const read = await log.read({
    offset,
    maxBytes: READ_BYTES,
    atLeastOne: true,
    isolation: IsolationLevel.READ_UNCOMMITTED,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
  });
  return partsBytes(read.parts, read.byteLength);
}
