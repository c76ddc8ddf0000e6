/** Regular expressions of RE2's language, which take time in proportion to the text, whatever they are. */
import { createRequire } from 'node:module';
import type * as Re2 from 're2js';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';

/** Instructions at most: a match takes up to 10 µs for each of them. Kafka has no such limit. */
const MAX_PROGRAM_SIZE = 5000;

/** What compiling may cost at most, in characters: some 0.1 s. */
const MAX_COMPILE_COST = 50_000;
/** What a counted repetition costs, and a class of characters where case does not matter, at most. */
const COSTLY_PART = 1000;

const COUNTED = /\{\d/g;
const CLASS = /\[|\\[pP]/g;
const IGNORES_CASE = /\(\?[a-zA-Z]*i/;

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
  if (compileCost(pattern) > MAX_COMPILE_COST) throw tooLarge(pattern, what);
  re2 ??= createRequire(import.meta.url)('re2js') as typeof Re2;
  let compiled: Re2.RE2JS;
  try {
    compiled = re2.RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof re2.RE2JSSyntaxException) throw invalid(pattern, what, String(error.error));
    throw error;
  }
  const size = compiled.programSize();
  if (size > MAX_PROGRAM_SIZE) throw tooLarge(pattern, what);
  return { size, matches: (text) => compiled.matches(text) };
}

/** Parts of few characters that stand for much count for what they may stand for. */
function compileCost(pattern: string): number {
  const classes = IGNORES_CASE.test(pattern) ? countOf(pattern, CLASS) : 0;
  return pattern.length + COSTLY_PART * (countOf(pattern, COUNTED) + classes);
}

function countOf(text: string, part: RegExp): number {
  return text.match(part)?.length ?? 0;
}

function tooLarge(pattern: string, what: string): KafkaError {
  return invalid(pattern, what, 'it is too large');
}

function invalid(pattern: string, what: string, why: string): KafkaError {
  const message = `${what} \`${pattern}\` is not a valid regular expression: ${why}.`;
  return new KafkaError(ErrorCode.INVALID_REGULAR_EXPRESSION, message);
}
