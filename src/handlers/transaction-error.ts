/** Errors of the transaction coordinator, as versions of its APIs can carry them. */
import { ErrorCode } from '../../protocol/errors.ts';
import { errorCodeOf } from '../coordinator/errors.ts';

/** The code of what an operation threw. @throws whatever is not a KafkaError */
export function transactionErrorCode(error: unknown, knowsFenced: boolean): number {
  const code = errorCodeOf(error);
  return code === ErrorCode.PRODUCER_FENCED && !knowsFenced ? ErrorCode.INVALID_PRODUCER_EPOCH : code;
}
