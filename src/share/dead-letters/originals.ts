/** Reads keys and values of records that were given up, to copy them. */
import { isControl, nextOffset } from '../../../protocol/records/batch.ts';
import { batchPositions, decodeRecords } from '../../../protocol/records/iterate.ts';
import { partsBytes } from '../../base/part-bytes.ts';
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
      for (const record of isControl(bytes, at) ? [] : await decodeRecords(bytes, at)) {
        if (record.offset < firstOffset || record.offset > lastOffset) continue;
        const { key, value } = record;
        const size = (key?.length ?? 0) + (value?.length ?? 0);
        if (size > maxBytes) continue;
        if (size > left) return { records, lastOffset: record.offset - 1 };
        left -= size;
        records.set(record.offset, { key, value });
      }
      offset = Math.max(offset, nextOffset(bytes, at));
    }
    if (offset === startOffset) break;
  }
  return { records, lastOffset };
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
