/**
 * A message's fields as one line of text: what generated modules of rarely used messages have in place of code.
 *
 * `throttleTimeMs:i@1+ results:*Result{name:s errorCode:h}`: fields in wire order, each a name and a type (a letter of
 * `LETTERS`, or a struct with its fields in braces), `*` before the type of an array; then, where there is something to
 * say, `@` versions, `?` versions in which it may be null, `=` default, `#` tag, `~` ignorable, `!` not flexible.
 */
import type { DefaultValue, Field, Fields, PrimitiveType, VersionRange, Versions } from '../schema.ts';
import { parseVersions } from '../schema.ts';

const LETTERS: Readonly<Record<PrimitiveType, string>> = {
  bool: 'b',
  int8: 'c',
  int16: 'h',
  uint16: 'H',
  int32: 'i',
  uint32: 'I',
  int64: 'l',
  offset: 'o',
  float64: 'd',
  string: 's',
  uuid: 'u',
  bytes: 'y',
  records: 'r',
};

const TYPES = new Map(Object.entries(LETTERS).map(([type, letter]) => [letter, type as PrimitiveType]));

const FIELD = /(\w+):(\*?)(\w+)(?:@(none|[\d+-]+))?(?:\?(none|[\d+-]+))?(?:=([^ #~!{}]*))?(?:#(\d+))?(~?)(!?)/y;

/** The text of the fields of a message or struct. @param range versions that have it: what holds in all is not said */
export function tableText(fields: Fields, range: VersionRange): string {
  return Object.entries(fields)
    .map(([name, field]) => fieldText(name, field, range))
    .join(' ');
}

function fieldText(name: string, field: Field, range: VersionRange): string {
  const { first, last } = parseVersions(field.versions ?? '0+');
  const own = { first: Math.max(first, range.first), last: Math.min(last, range.last) };
  const isInAll = own.first === range.first && own.last === range.last;
  const { versions, nullable, default: value, tag, fields } = field;
  let text = `${name}:${field.isArray ? '*' : ''}${field.type === 'struct' ? field.struct : LETTERS[field.type]}`;
  if (!isInAll) text += `@${versions}`;
  if (nullable !== undefined) text += `?${nullable}`;
  if (value !== undefined) text += `=${value}`;
  if (tag !== undefined) text += `#${tag}`;
  if (field.ignorable === true) text += '~';
  if (field.flexible === 'none') text += '!';
  if (fields !== undefined) text += `{${tableText(fields, own)}}`;
  return text;
}

/** The fields that a text is of. @throws Error where it is none */
export function parseTable(text: string): Fields {
  let position = 0;
  const fieldsUntil = (end: string): Fields => {
    const fields: Record<string, Field> = {};
    while (position < text.length && text[position] !== end) {
      if (text[position] === ' ') position++;
      FIELD.lastIndex = position;
      const match = FIELD.exec(text);
      if (match === null) throw new Error(`No field at ${position} of ${text}`);
      position = FIELD.lastIndex;
      let inner: Fields | undefined;
      if (text[position] === '{') {
        position++;
        inner = fieldsUntil('}');
        position++;
      }
      fields[match[1] as string] = fieldOf(match, inner);
    }
    return fields;
  };
  return fieldsUntil('');
}

function fieldOf(match: RegExpExecArray, fields: Fields | undefined): Field {
  const [, , star, typeText, versions, nullable, value, tag, tilde, mark] = match;
  const type = fields === undefined ? (TYPES.get(typeText as string) as PrimitiveType) : 'struct';
  return {
    type,
    isArray: star === '*',
    ...(fields !== undefined && { struct: typeText as string, fields }),
    ...(versions !== undefined && { versions: versions as Versions }),
    ...(nullable !== undefined && { nullable: nullable as Versions }),
    ...(value !== undefined && { default: defaultOf(type, value) }),
    ...(tag !== undefined && { tag: Number(tag) }),
    ...(tilde !== '' && { ignorable: true }),
    ...(mark !== '' && { flexible: 'none' as const }),
  };
}

function defaultOf(type: Field['type'], text: string): DefaultValue {
  if (text === 'null') return null;
  if (type === 'string' || type === 'uuid') return text;
  return type === 'bool' ? text === 'true' : Number(text);
}
