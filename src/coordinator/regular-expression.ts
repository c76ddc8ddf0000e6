/** Regular expressions of clients, with the syntax of RE2: they never take longer than their input is long. */
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';

/** Instructions at most: a match takes up to 10 µs for each of them. Kafka has no such limit. */
const MAX_PROGRAM_SIZE = 5000;

/** Whether a whole text matches. @throws KafkaError INVALID_REGULAR_EXPRESSION */
export function wholeMatcher(pattern: string): (text: string) => boolean {
  const compiled = compile(pattern);
  if (compiled.programSize() > MAX_PROGRAM_SIZE) throw new KafkaError(ErrorCode.INVALID_REGULAR_EXPRESSION);
  return (text) => compiled.matches(text);
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    if (!(cause instanceof RE2JSSyntaxException)) throw cause;
    throw new KafkaError(ErrorCode.INVALID_REGULAR_EXPRESSION, undefined, { cause });
  }
}
