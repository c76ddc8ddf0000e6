/**
 * `ssl.principal.mapping.rules` (KIP-371): how the name in a client's certificate becomes a user's name. A rule is
 * `RULE:pattern/replacement/` with `L` or `U` behind it for lower or upper case, or DEFAULT, the name as it is; the first whose
 * pattern matches the whole name counts.
 */
import { createRequire } from 'node:module';
import type * as Re2 from 're2js';

/** What is wrong with the rules, in one line. */
export class RuleError extends Error {
  override readonly name = 'RuleError';
}

/** The user's name for a distinguished name, or null where no rule matches. */
export type NameMapper = (distinguishedName: string) => string | null;

const RULE = String.raw`(DEFAULT)|RULE:((?:\\.|[^\\/])*)\/((?:\\.|[^\\/])*)\/([LU]?).*?|.*?`;
const BLANKS = String.raw`[ \t\n\x0b\f\r]*`;
const SPLITTER = new RegExp(`${BLANKS}(${RULE})${BLANKS}(?:,${BLANKS}|$)`, 'g');
const PARSER = new RegExp(`^(?:${RULE})`);

/** One match of a pattern: where it is, and its groups, of which the first is all of it. */
interface Match {
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (string | null)[];
}

interface Pattern {
  readonly groupCount: number;
  readonly groupNames: Readonly<Record<string, number>>;
  matchesWhole(text: string): boolean;
  matchesIn(text: string): Match[];
}

/** Loaded with the first rule that has a pattern. */
let re2: typeof Re2 | undefined;

/** RE2 has all of Java's language but what looks around or back, which JavaScript's own expressions have. */
function compile(pattern: string): Pattern {
  re2 ??= createRequire(import.meta.url)('re2js') as typeof Re2;
  try {
    return linearPattern(re2.RE2JS.compile(pattern));
  } catch (error) {
    if (!(error instanceof re2.RE2JSSyntaxException)) throw error;
    return backtrackingPattern(pattern);
  }
}

function linearPattern(expression: Re2.RE2JS): Pattern {
  const groupCount = expression.groupCount();
  return {
    groupCount,
    groupNames: expression.namedGroups(),
    matchesWhole: (text) => expression.matches(text),
    matchesIn(text) {
      const matcher = expression.matcher(text);
      const found: Match[] = [];
      while (matcher.find()) {
        const groups = Array.from({ length: groupCount + 1 }, (_, group) => matcher.group(group));
        found.push({ start: matcher.start(), end: matcher.end(), groups });
      }
      return found;
    },
  };
}

function backtrackingPattern(pattern: string): Pattern {
  let groupCount: number;
  try {
    groupCount = (new RegExp(`${pattern}|`).exec('')?.length ?? 1) - 1;
  } catch {
    throw new RuleError(`${pattern} is not a regular expression`);
  }
  return {
    groupCount,
    groupNames: {},
    matchesWhole: (text) => new RegExp(`^(?:${pattern})$`).test(text),
    matchesIn: (text) =>
      [...text.matchAll(new RegExp(pattern, 'g'))].map((match) => ({
        start: match.index,
        end: match.index + match[0].length,
        groups: [...match].map((group: string | undefined) => group ?? null),
      })),
  };
}

/** A piece of a replacement: text, or the number of a group. */
type Piece = string | number;

/** What a dollar sign refers to, and how much text says so. */
interface Reference {
  readonly piece: Piece;
  readonly length: number;
}

/**
 * The longest number that is a group's, or a group by name; as in Kafka, a number that is none is text.
 * @param text what is behind the dollar sign
 */
function referenceOf(text: string, { groupCount, groupNames }: Pattern): Reference | null {
  const [whole = '', name, digits = ''] = /^\{(\w+)\}|^(\d+)/.exec(text) ?? [];
  const named = name === undefined ? undefined : groupNames[name];
  if (named !== undefined) return { piece: named, length: whole.length };
  if (digits === '') return null;
  let length = digits.length;
  while (length > 1 && Number(digits.slice(0, length)) > groupCount) length--;
  const group = Number(digits.slice(0, length));
  if (group <= groupCount) return { piece: group, length };
  return groupCount === 0 ? null : { piece: '$', length: 0 };
}

/** @throws RuleError where a dollar sign is followed by no group */
function piecesOf(replacement: string, pattern: Pattern): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < replacement.length; at++) {
    const character = replacement.charAt(at);
    if (character === '\\') pieces.push(replacement.charAt(++at));
    else if (character !== '$') pieces.push(character);
    else {
      const reference = referenceOf(replacement.slice(at + 1), pattern);
      if (reference === null) throw new RuleError(`${replacement} has a dollar sign without a group behind it`);
      pieces.push(reference.piece);
      at += reference.length;
    }
  }
  return pieces;
}

function ruleMapper(pattern: string, replacement: string, letterCase: string): NameMapper {
  const compiled = compile(pattern);
  const pieces = piecesOf(replacement, compiled);
  return (name) => {
    if (!compiled.matchesWhole(name)) return null;
    let result = '';
    let at = 0;
    for (const { start, end, groups } of compiled.matchesIn(name)) {
      result += name.slice(at, start);
      for (const piece of pieces) result += typeof piece === 'string' ? piece : (groups[piece] ?? '');
      at = end;
    }
    result += name.slice(at);
    return letterCase === 'L' ? result.toLowerCase() : letterCase === 'U' ? result.toUpperCase() : result;
  };
}

/** @param rules with commas between. @throws RuleError */
export function nameMapper(rules: string): NameMapper {
  const mappers: NameMapper[] = [];
  for (const [, text = ''] of rules.trim().matchAll(SPLITTER)) {
    const match = PARSER.exec(text);
    if (match === null || match[0].length < text.length) throw new RuleError(`${text} is not a rule`);
    const [, byDefault, pattern, replacement = '', letterCase = ''] = match;
    if (byDefault !== undefined) mappers.push((name) => name);
    else if (pattern !== undefined) mappers.push(ruleMapper(pattern, replacement, letterCase));
  }
  return (name) => {
    for (const map of mappers) {
      const mapped = map(name);
      if (mapped !== null) return mapped;
    }
    return null;
  };
}
