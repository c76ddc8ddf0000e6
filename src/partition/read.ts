/** Reading committed batches of a partition: bounds, diverging epochs (KIP-595), then the engine. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { LogEngine, StreamRead } from '../storage/types.ts';
import { inKafkaTerms } from './failures.ts';
import { IsolationLevel, type PartitionLog, type PartitionRead, type PartitionReadOptions } from './types.ts';

const NOTHING: StreamRead = { parts: [], byteLength: 0, startOffset: 0, endOffset: 0 };

function outOfRange(partition: PartitionLog, offset: number): KafkaError {
  return new KafkaError(
    ErrorCode.OFFSET_OUT_OF_RANGE,
    `Offset ${offset} lies outside ${partition.logStartOffset} to ${partition.logEndOffset}.`,
  );
}

function answer(partition: PartitionLog, read: StreamRead, diverging: PartitionRead['diverging']): PartitionRead {
  return {
    parts: read.parts,
    byteLength: read.byteLength,
    highWatermark: partition.highWatermark,
    lastStableOffset: partition.lastStableOffset,
    logStartOffset: partition.logStartOffset,
    diverging,
    abortedTransactions: [],
  };
}

function release(read: StreamRead): void {
  for (const part of read.parts) part.release();
}

/** The answer once the engine has read, unless the partition went meanwhile, or what was asked for of it. */
function finish(partition: PartitionLog, read: StreamRead, offset: number): PartitionRead {
  if (partition.deleted) {
    release(read);
    throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `${partition.topicName} was deleted.`);
  }
  // The engine goes on where the log starts by now; the client must be told that it would miss something.
  const holdsOffset = read.parts.length > 0 && read.startOffset <= offset;
  if (offset < partition.logStartOffset && !holdsOffset) {
    release(read);
    throw outOfRange(partition, offset);
  }
  return answer(partition, read, null);
}

function readRange(
  partition: PartitionLog,
  engine: LogEngine,
  options: PartitionReadOptions,
): PartitionRead | Promise<PartitionRead> {
  const { offset, maxBytes, atLeastOne } = options;
  if (offset < partition.logStartOffset || offset > partition.logEndOffset) throw outOfRange(partition, offset);
  const endOffset =
    options.isolation === IsolationLevel.READ_COMMITTED ? partition.lastStableOffset : partition.highWatermark;
  if (offset >= endOffset) return answer(partition, NOTHING, null);
  try {
    const read = engine.read({ stream: partition.stream, offset, endOffset, maxBytes, atLeastOne });
    if (!(read instanceof Promise)) return finish(partition, read, offset);
    return read.then(
      (done) => finish(partition, done, offset),
      (error: unknown) => {
        throw inKafkaTerms(error);
      },
    );
  } catch (error) {
    throw inKafkaTerms(error);
  }
}

async function readUnlessDiverging(
  partition: PartitionLog,
  engine: LogEngine,
  options: PartitionReadOptions,
): Promise<PartitionRead> {
  const { offset, lastFetchedEpoch } = options;
  const end = await partition.endOffsetForEpoch(lastFetchedEpoch);
  if (end === null || offset < partition.logStartOffset) throw outOfRange(partition, offset);
  if (end.leaderEpoch < lastFetchedEpoch || end.endOffset < offset) return answer(partition, NOTHING, end);
  return await readRange(partition, engine, options);
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
  const { offset, lastFetchedEpoch } = options;
  // All that is in the log up to its end is of the current epoch or an older one: no divergence to look for.
  const isOnLog = lastFetchedEpoch === partition.leaderEpoch && offset <= partition.logEndOffset;
  if (lastFetchedEpoch === -1 || isOnLog) return readRange(partition, engine, options);
  return readUnlessDiverging(partition, engine, options);
}
