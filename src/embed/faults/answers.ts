/** Answers on their way back through a fault. */
import { isPromise } from '../../base/realms.ts';
import { type HandlerResult, Pipelined } from '../../handlers/types.ts';
import { WrittenElements } from '../../handlers/written-elements.ts';
import type { Message } from './error-answer.ts';
import type { Call } from './faults.ts';

export type Result = HandlerResult<unknown>;

/** An answer that can be looked into. @throws Error for one of thousands of elements, which is partly bytes already */
export function plain(answer: unknown): unknown {
  if (answer === null) return null;
  const fields = Object.entries(answer as Message).map(([name, value]) => {
    if (!(value instanceof WrittenElements)) return [name, value];
    if (value.unwritten === null) throw new Error('An answer of so many elements cannot be changed');
    return [name, value.unwritten];
  });
  return Object.fromEntries(fields) as Message;
}

/** What `change` makes of the answer, whenever that comes. */
export function changed(result: Result, change: (answer: unknown) => unknown): Result {
  const later = ({ response, isSilent }: Pipelined<unknown>) => new Pipelined(response.then(change), isSilent);
  if (result instanceof Pipelined) return later(result);
  if (isPromise(result)) {
    return result.then((settled) => (settled instanceof Pipelined ? later(settled) : change(settled)));
  }
  return change(result) as Result;
}

/** Lets go of an answer that is not sent. */
export function release({ api }: Call, answer: unknown): void {
  if (answer !== null) api.releaseResponse?.(answer);
}
