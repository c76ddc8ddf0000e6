/** Bounds how long an answer waits for a commit. */
import type { Deadlines } from '../base/deadlines.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { coordinatorError } from './errors.ts';

/** Takes the outcome of a wait: null when everything waited for is committed. */
export type Settle = (error: KafkaError | null) => void;

/** Gives `settle` what comes first, the outcome given to the result or, `timeoutMs` from now, an error. */
export function settledWithin(deadlines: Deadlines, timeoutMs: number, settle: Settle): Settle {
  let isSettled = false;
  const once: Settle = (error) => {
    if (isSettled) return;
    isSettled = true;
    cancel();
    settle(error);
  };
  const expire = (): void =>
    once(coordinatorError(new KafkaError(ErrorCode.REQUEST_TIMED_OUT, 'It could not be stored in time.')));
  const cancel = deadlines.add(expire, timeoutMs);
  return once;
}
