/**
 * Kafka's error codes and the errors this project throws; the codes are in error-codes.ts, their texts in error-texts.ts.
 *
 * `KafkaError` is for whatever has a Kafka error code; `ProtocolError` is for bytes that are no valid message.
 */
import { ErrorCode, type ErrorName } from './error-codes.ts';
import { ERROR_TEXTS } from './error-texts.ts';

export { ErrorCode, type ErrorName } from './error-codes.ts';

const NAMES: ReadonlyMap<number, ErrorName> = new Map(
  Object.entries(ErrorCode).map(([name, code]) => [code, name as ErrorName]),
);

/** Kafka's name of an error code; `UNKNOWN(n)` for a number that is none. */
export function errorName(code: number): string {
  return NAMES.get(code) ?? `UNKNOWN(${code})`;
}

/** A short text for an error code, for error message fields and logs. */
export function errorText(code: number): string {
  return ERROR_TEXTS[code as ErrorCode] ?? ERROR_TEXTS[ErrorCode.UNKNOWN_SERVER_ERROR];
}

/** Codes after which a Java client tries again by itself. */
export const RETRIABLE_ERRORS: ReadonlySet<number> = new Set<number>([
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.REPLICA_NOT_AVAILABLE,
  ErrorCode.NETWORK_EXCEPTION,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  ErrorCode.NOT_CONTROLLER,
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  ErrorCode.INVALID_FETCH_SESSION_EPOCH,
  ErrorCode.LISTENER_NOT_FOUND,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.OFFSET_NOT_AVAILABLE,
  ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
  ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE,
  ErrorCode.ELECTION_NOT_NEEDED,
  ErrorCode.UNSTABLE_OFFSET_COMMIT,
  ErrorCode.THROTTLING_QUOTA_EXCEEDED,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.INCONSISTENT_TOPIC_ID,
  ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
  ErrorCode.SHARE_SESSION_NOT_FOUND,
  ErrorCode.INVALID_SHARE_SESSION_EPOCH,
  ErrorCode.SHARE_SESSION_LIMIT_REACHED,
]);

/** Whether a client may try again after this error. */
export function isRetriable(code: number): boolean {
  return RETRIABLE_ERRORS.has(code);
}

/** Characters of a message at most: it may quote names and values of 32 KiB, which no response could carry with more. */
const MAX_MESSAGE_LENGTH = 2000;

/** A message for a response, cut where it is too long for one. */
export function boundedMessage(message: string): string {
  return message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}…` : message;
}

/** A failure that Kafka has an error code for. Handlers turn it into `errorCode` and `errorMessage`. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  /** The number that goes into the response. */
  readonly code: number;

  /** @param message what went wrong, for the client's eyes; default: the code's own text. */
  constructor(code: number, message?: string, options?: { readonly cause?: unknown }) {
    super(boundedMessage(message ?? errorText(code)), options);
    this.code = code;
  }

  /** Kafka's name of the code. */
  get codeName(): string {
    return errorName(this.code);
  }
}

/** Why bytes are no valid message, or a value cannot be written. */
export type ProtocolErrorCode =
  | 'truncated'
  | 'trailing-bytes'
  | 'invalid-length'
  | 'invalid-varint'
  | 'invalid-tag'
  | 'unexpected-null'
  | 'unsupported-version'
  | 'unsupported-field'
  | 'out-of-range';

/** Malformed bytes, or a message that its version cannot carry. A server closes the connection. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
