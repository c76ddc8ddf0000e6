/** Errors of appending to or reading an internal topic, as a coordinator's client may see them. */
import { isError } from '../base/realms.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { StorageError } from '../storage/types.ts';

/** What Kafka answers instead of an error that a client would take for its own topic's. */
const SHOWN_AS: ReadonlyMap<number, number> = new Map([
  [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.COORDINATOR_NOT_AVAILABLE],
  [ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.COORDINATOR_NOT_AVAILABLE],
  [ErrorCode.REQUEST_TIMED_OUT, ErrorCode.COORDINATOR_NOT_AVAILABLE],
  [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_COORDINATOR],
  [ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.NOT_COORDINATOR],
  [ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.UNKNOWN_SERVER_ERROR],
  [ErrorCode.RECORD_LIST_TOO_LARGE, ErrorCode.UNKNOWN_SERVER_ERROR],
  [ErrorCode.INVALID_FETCH_SIZE, ErrorCode.UNKNOWN_SERVER_ERROR],
]);

/** Any failure of the log under a coordinator, with the code its clients get. */
export function coordinatorError(cause: unknown): KafkaError {
  const code = codeOf(cause);
  const shown = SHOWN_AS.get(code) ?? code;
  return new KafkaError(shown, isError(cause) ? cause.message : undefined, { cause });
}

function codeOf(cause: unknown): number {
  if (cause instanceof KafkaError) return cause.code;
  if (cause instanceof StorageError) return ErrorCode.KAFKA_STORAGE_ERROR;
  return ErrorCode.UNKNOWN_SERVER_ERROR;
}

/** The code of an error thrown by a coordinator. @throws whatever is not a KafkaError */
export function errorCodeOf(error: unknown): number {
  if (error instanceof KafkaError) return error.code;
  throw error;
}
