/** Regular expressions of RE2's language, which take time in proportion to the text, whatever they are. */
import { createRequire } from 'node:module';
import type * as Re2 from 're2js';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';

/** Instructions at most: a match takes up to 10 µs for each of them. Kafka has no such limit. */
const MAX_PROGRAM_SIZE = 5000;

/** A compiled expression. */
export interface RegularExpression {
  /** Instructions: what a match costs. */
  readonly size: number;
  /** True if the whole text matches. */
  matches(text: string): boolean;
}

/** Loaded on first use: no start waits for it. */
let re2: typeof Re2 | undefined;

/**
 * @param what it is, for the message
 * @throws KafkaError INVALID_REGULAR_EXPRESSION
 */
export function compileRegex(pattern: string, what: string): RegularExpression {
  re2 ??= createRequire(import.meta.url)('re2js') as typeof Re2;
  let compiled: Re2.RE2JS;
  try {
    compiled = re2.RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof re2.RE2JSSyntaxException) throw invalid(pattern, what, String(error.error));
    throw error;
  }
  const size = compiled.programSize();
  if (size > MAX_PROGRAM_SIZE) throw invalid(pattern, what, 'it is too large');
  return { size, matches: (text) => compiled.matches(text) };
}

function invalid(pattern: string, what: string, why: string): KafkaError {
  const message = `${what} \`${pattern}\` is not a valid regular expression: ${why}.`;
  return new KafkaError(ErrorCode.INVALID_REGULAR_EXPRESSION, message);
}
