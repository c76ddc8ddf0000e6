/** The answer of a Produce request for one partition, and what it says of errors. */
import { ErrorCode, errorText, KafkaError } from '../../protocol/errors.ts';
import { InvalidRecordsError, type PartitionLog, type RecordError } from '../partition/types.ts';

/** The answer for one partition; error fields change when the commit fails. */
export interface PartitionAnswer {
  readonly index: number;
  errorCode: number;
  baseOffset: number;
  logAppendTimeMs: number;
  logStartOffset: number;
  recordErrors: readonly { readonly batchIndex: number; readonly batchIndexErrorMessage: string | null }[];
  errorMessage: string | null;
}

/** Of a partition that has no error so far. */
export function blankAnswer(index: number): PartitionAnswer {
  return {
    index,
    errorCode: ErrorCode.NONE,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    errorMessage: null,
  };
}

/** Of a partition to which nothing is written. @throws as `setError` */
export function failed(index: number, error: unknown, version: number): PartitionAnswer {
  const answer = blankAnswer(index);
  setError(answer, error, version);
  return answer;
}

/** Errors whose text the client is shown; for others it has its own. */
const WITH_MESSAGE: ReadonlySet<number> = new Set([
  ErrorCode.INVALID_RECORD,
  ErrorCode.INVALID_TIMESTAMP,
  // How much room is missing on a full disk.
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.INVALID_TXN_STATE,
  ErrorCode.INVALID_PRODUCER_ID_MAPPING,
  ErrorCode.NOT_ENOUGH_REPLICAS,
]);

/** @throws what is no KafkaError: a bug, which closes the connection */
export function setError(answer: PartitionAnswer, error: unknown, version: number): void {
  if (!(error instanceof KafkaError)) throw error;
  const isOldStorageError = error.code === ErrorCode.KAFKA_STORAGE_ERROR && version <= 3;
  answer.errorCode = isOldStorageError ? ErrorCode.NOT_LEADER_OR_FOLLOWER : error.code;
  answer.baseOffset = -1;
  answer.logAppendTimeMs = -1;
  answer.logStartOffset = -1;
  if (WITH_MESSAGE.has(error.code) && error.message !== errorText(error.code)) answer.errorMessage = error.message;
}

/** Refusals that a producer reads together with where the log starts. */
const WITH_LOG_START: ReadonlySet<number> = new Set([
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.UNKNOWN_PRODUCER_ID,
  ErrorCode.INVALID_TIMESTAMP,
]);

/** Refused records that are named in all answers of a request. */
export interface NamedRecords {
  count: number;
}

/** So many, and then one for each partition: a request may have millions of them. */
const MAX_NAMED_RECORDS = 10_000;

interface RefusedWrite {
  readonly partition: PartitionLog;
  readonly answer: PartitionAnswer;
  readonly named: NamedRecords;
}

/** The log looked at the records and did not take them. @throws as `setError` */
export function refuse({ partition, answer, named }: RefusedWrite, error: unknown, version: number): void {
  setError(answer, error, version);
  if (error instanceof InvalidRecordsError) {
    const count = Math.max(1, MAX_NAMED_RECORDS - named.count);
    answer.recordErrors = error.recordErrors.slice(0, count).map(recordError);
    named.count += answer.recordErrors.length;
  }
  if (WITH_LOG_START.has(answer.errorCode) || error instanceof InvalidRecordsError) {
    answer.logStartOffset = partition.logStartOffset;
  }
}

function recordError({ batchIndex, message }: RecordError): PartitionAnswer['recordErrors'][number] {
  return { batchIndex, batchIndexErrorMessage: message };
}
