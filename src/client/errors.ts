/** What goes wrong between this client and a broker; what the broker refuses is a `KafkaError`. */
import { ErrorCode, errorText, isRetriable, KafkaError } from '../../protocol/errors.ts';

/**
 * UNREACHABLE: nobody answers there. CLOSED: the connection ended before the answer. SHUT_OUT: it ended before the broker
 * served anything, as it does for who should log in and does not, and at times when it stops. TIMED_OUT: no answer in time.
 * NOT_KAFKA: what answers speaks something else (TLS, HTTP). TLS: there is no TLS with what answers. NO_VERSION: the broker
 * has no version of an API that this client has, or not the API. NO_TOKEN: there is no token to log in with.
 */
export type ClientErrorCode =
  | 'UNREACHABLE'
  | 'CLOSED'
  | 'SHUT_OUT'
  | 'TIMED_OUT'
  | 'NOT_KAFKA'
  | 'TLS'
  | 'NO_VERSION'
  | 'NO_TOKEN';

const PASSING: ReadonlySet<ClientErrorCode> = new Set(['UNREACHABLE', 'CLOSED', 'SHUT_OUT', 'TIMED_OUT']);

export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientErrorCode;

  constructor(code: ClientErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** Another connection, a moment later, may do better. */
  get isPassing(): boolean {
    return PASSING.has(this.code);
  }
}

/** Whether trying again, with the leaders looked up anew, may help. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ClientError) return error.isPassing;
  return error instanceof KafkaError && isRetriable(error.code);
}

/** @throws KafkaError for a code that is one; without a message, of `what` if that is said */
export function throwCode(code: number, message: string | null, what?: string): void {
  if (code === ErrorCode.NONE) return;
  throw new KafkaError(code, message ?? (what === undefined ? errorText(code) : `${what}: ${errorText(code)}`));
}
