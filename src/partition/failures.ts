/** Failures of the engine in Kafka's words. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { isDropped, StorageError } from '../storage/types.ts';

/** KAFKA_STORAGE_ERROR with the engine's failure as its cause. */
export function storageFailure(error: unknown): KafkaError {
  const text = error instanceof StorageError ? `${error.message} (${error.code})` : 'The log cannot be used.';
  return new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, text, { cause: error });
}

/** True if the engine has no such stream: its topic was deleted. */
export function isNotFound(error: unknown): boolean {
  return error instanceof StorageError && error.code === 'NOT_FOUND';
}

/**
 * Turns a StorageError into CORRUPT_MESSAGE where the journal is damaged, as Kafka does when it notices, else into
 * KAFKA_STORAGE_ERROR; anything else stays what it is.
 */
export function inKafkaTerms(error: unknown): unknown {
  if (!(error instanceof StorageError)) return error;
  if (error.code !== 'CORRUPT') return storageFailure(error);
  return new KafkaError(ErrorCode.CORRUPT_MESSAGE, error.message, { cause: error });
}

/** As `inKafkaTerms`, where batches from an offset on were read: what was dropped from memory meanwhile is out of range. */
export function readFailure(error: unknown, offset: number, logStartOffset: number): unknown {
  if (!isDropped(error) || offset >= logStartOffset) return inKafkaTerms(error);
  return new KafkaError(ErrorCode.OFFSET_OUT_OF_RANGE, `Offset ${offset} was dropped to make room.`, { cause: error });
}
