/** Reads a partition of an internal topic from its log start to its high watermark, record by record. */
import { partsBytes } from '../base/part-bytes.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  baseOffset,
  hasProducerId,
  isControl,
  isTransactional,
  nextOffset,
  producerEpoch,
  producerId,
  recordsCount,
  verifyCrc,
} from '../../protocol/records/batch.ts';
import { batchPositions, RecordCursor, recordBytes } from '../../protocol/records/iterate.ts';
import { markerOutcome } from '../../protocol/records/markers.ts';
import type { TransactionOutcome } from '../../protocol/records/markers.ts';
import { IsolationLevel } from '../partition/types.ts';
import type { PartitionLog } from '../partition/types.ts';
import { firstOffset } from './first-offset.ts';
import type { RecordPosition, TransactionalProducer } from './types.ts';

/** Bytes read at a time; Kafka's offsets.load.buffer.size is 5 MiB. */
const LOAD_BYTES = 1_048_576;

/** Receives what a log holds, in its order. */
export interface LogVisitor {
  /** A data record; key and value are views that do not outlive the call. */
  record(key: Buffer | null, value: Buffer | null, position: RecordPosition): void;
  marker(producer: TransactionalProducer, outcome: TransactionOutcome): void;
}

/**
 * Visits every record of the log up to the high watermark, those of open and aborted transactions too, and every
 * transaction marker; gives the bytes read.
 * @throws KafkaError KAFKA_STORAGE_ERROR, CORRUPT_MESSAGE, INVALID_RECORD, UNKNOWN_TOPIC_OR_PARTITION
 */
export async function loadLog(log: PartitionLog, visitor: LogVisitor): Promise<number> {
  let bytesRead = 0;
  let offset = log.logStartOffset;
  while (offset < log.highWatermark) {
    const read = await log.read({
      offset,
      maxBytes: LOAD_BYTES,
      atLeastOne: true,
      isolation: IsolationLevel.READ_UNCOMMITTED,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
    });
    const bytes = await partsBytes(read.parts, read.byteLength);
    let next = offset;
    for (const at of batchPositions(bytes)) {
      next = nextOffset(bytes, at);
      await visitBatch(bytes, at, offset, visitor);
    }
    if (next <= offset) break;
    offset = next;
    bytesRead += bytes.length;
  }
  return bytesRead;
}

async function visitBatch(bytes: Buffer, at: number, fromOffset: number, visitor: LogVisitor): Promise<void> {
  // What clients check themselves is checked here: state must not come from damaged records.
  if (!verifyCrc(bytes, at)) {
    throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, `The batch at offset ${baseOffset(bytes, at)} is damaged.`);
  }
  const producer = transactionalProducer(bytes, at);
  const isMarker = isControl(bytes, at);
  const cursor = new RecordCursor(await recordBytes(bytes, at), recordsCount(bytes, at));
  while (cursor.next()) {
    const offset = baseOffset(bytes, at) + cursor.offsetDelta;
    if (offset < fromOffset) continue;
    if (!isMarker) {
      visitor.record(cursor.key(), cursor.value(), { offset: firstOffset(cursor.headers(), offset), producer });
      continue;
    }
    const outcome = markerOutcome(cursor.key());
    if (producer !== null && outcome !== null) visitor.marker(producer, outcome);
  }
}

/** The producer of a transactional batch; one that is only flagged so has none, and counts as plain. */
function transactionalProducer(bytes: Buffer, at: number): TransactionalProducer | null {
  if (!isTransactional(bytes, at) || !hasProducerId(bytes, at)) return null;
  return { producerId: producerId(bytes, at), producerEpoch: producerEpoch(bytes, at) };
}
