/**
 * Reading committed batches of a partition: bounds, diverging epochs (KIP-595), then the engine; and which of the
 * transactions in what was read were aborted, for those who read committed records only.
 */
import { isPromise } from '../base/realms.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { AbortedTransaction, LogEngine, StreamRead } from '../storage/types.ts';
import { inKafkaTerms } from './failures.ts';
import { IsolationLevel, type PartitionLog, type PartitionRead, type PartitionReadOptions } from './types.ts';

const NOTHING: StreamRead = { parts: [], byteLength: 0, startOffset: 0, endOffset: 0 };
const NO_ABORTS: readonly AbortedTransaction[] = [];

function outOfRange(partition: PartitionLog, offset: number): KafkaError {
  return new KafkaError(
    ErrorCode.OFFSET_OUT_OF_RANGE,
    `Offset ${offset} lies outside ${partition.logStartOffset} to ${partition.logEndOffset}.`,
  );
}

function answer(
  partition: PartitionLog,
  read: StreamRead,
  abortedTransactions: readonly AbortedTransaction[] = NO_ABORTS,
  diverging: PartitionRead['diverging'] = null,
): PartitionRead {
  return {
    parts: read.parts,
    byteLength: read.byteLength,
    highWatermark: partition.highWatermark,
    lastStableOffset: partition.lastStableOffset,
    logStartOffset: partition.logStartOffset,
    diverging,
    abortedTransactions,
    recordCount: read.endOffset - read.startOffset,
  };
}

function release(read: StreamRead): void {
  for (const part of read.parts) part.release();
}

/** One read on its way. */
interface Reading {
  readonly partition: PartitionLog;
  readonly engine: LogEngine;
  readonly options: PartitionReadOptions;
}

/** The answer once the engine has read, unless the partition went meanwhile, or what was asked for of it. */
function finish(reading: Reading, read: StreamRead): PartitionRead | Promise<PartitionRead> {
  const { partition, engine } = reading;
  const { offset, isolation } = reading.options;
  try {
    checkStillThere(partition, read, offset);
    if (isolation === IsolationLevel.READ_UNCOMMITTED || read.parts.length === 0) return answer(partition, read);
    const aborted = engine.abortedTransactions(partition.stream, offset, read.endOffset);
    if (!isPromise(aborted)) return answer(partition, read, aborted);
    return aborted.then(
      (known) => answer(partition, read, known),
      (error: unknown) => {
        release(read);
        throw inKafkaTerms(error);
      },
    );
  } catch (error) {
    release(read);
    throw error;
  }
}

/** @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION, OFFSET_OUT_OF_RANGE */
function checkStillThere(partition: PartitionLog, read: StreamRead, offset: number): void {
  if (partition.deleted) {
    throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `${partition.topicName} was deleted.`);
  }
  // The engine goes on where the log starts by now; the client must be told that it would miss something.
  const holdsOffset = read.parts.length > 0 && read.startOffset <= offset;
  if (offset < partition.logStartOffset && !holdsOffset) throw outOfRange(partition, offset);
}

function readRange(reading: Reading): PartitionRead | Promise<PartitionRead> {
  const { partition, engine } = reading;
  const { offset, maxBytes, atLeastOne, isolation } = reading.options;
  if (offset < partition.logStartOffset || offset > partition.logEndOffset) throw outOfRange(partition, offset);
  const endOffset = isolation === IsolationLevel.READ_COMMITTED ? partition.lastStableOffset : partition.highWatermark;
  if (offset >= endOffset) return answer(partition, NOTHING);
  try {
    const read = engine.read({ stream: partition.stream, offset, endOffset, maxBytes, atLeastOne });
    if (!isPromise(read)) return finish(reading, read);
    return read.then(
      (done) => finish(reading, done),
      (error: unknown) => {
        throw inKafkaTerms(error);
      },
    );
  } catch (error) {
    throw inKafkaTerms(error);
  }
}

async function readUnlessDiverging(reading: Reading): Promise<PartitionRead> {
  const { partition } = reading;
  const { offset, lastFetchedEpoch } = reading.options;
  const end = await partition.endOffsetForEpoch(lastFetchedEpoch);
  if (end === null || offset < partition.logStartOffset) throw outOfRange(partition, offset);
  if (end.leaderEpoch < lastFetchedEpoch || end.endOffset < offset) {
    return answer(partition, NOTHING, NO_ABORTS, end);
  }
  return await readRange(reading);
}

/**
 * Reads batches below the high watermark or last stable offset.
 * @throws KafkaError OFFSET_OUT_OF_RANGE, KAFKA_STORAGE_ERROR, CORRUPT_MESSAGE, UNKNOWN_TOPIC_OR_PARTITION; or as a rejection
 */
export function readCommitted(
  partition: PartitionLog,
  engine: LogEngine,
  options: PartitionReadOptions,
): PartitionRead | Promise<PartitionRead> {
  const reading = { partition, engine, options };
  const { offset, lastFetchedEpoch } = options;
  // All that is in the log up to its end is of the current epoch or an older one: no divergence to look for.
  const isOnLog = lastFetchedEpoch === partition.leaderEpoch && offset <= partition.logEndOffset;
  if (lastFetchedEpoch === -1 || isOnLog) return readRange(reading);
  return readUnlessDiverging(reading);
}
