/** Regular expressions of RE2's language, which take time in proportion to the text, whatever they are. */
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';

/** Instructions at most: a match takes up to 10 µs for each of them. Kafka has no such limit. */
const MAX_PROGRAM_SIZE = 5000;

/** A compiled expression. */
export interface TopicRegex {
  /** Instructions: what a match costs. */
  readonly size: number;
  /** True if the whole name matches. */
  matches(topic: string): boolean;
}

/** @throws KafkaError INVALID_REGULAR_EXPRESSION */
export function compileRegex(regex: string): TopicRegex {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(regex);
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) throw invalid(regex, String(error.error));
    throw error;
  }
  const size = compiled.programSize();
  if (size > MAX_PROGRAM_SIZE) throw invalid(regex, 'it is too large');
  return { size, matches: (topic) => compiled.matches(topic) };
}

function invalid(regex: string, why: string): KafkaError {
  return new KafkaError(
    ErrorCode.INVALID_REGULAR_EXPRESSION,
    `SubscribedTopicRegex \`${regex}\` is not a valid regular expression: ${why}.`,
  );
}
