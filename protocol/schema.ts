/**
 * The words in which Kafka's messages are written down (protocol/messages/*.ts).
 *
 * A message is data: names, types and version ranges. `generate.ts` turns it into interfaces and codecs ahead of
 * time, which are code, or a table that `table/` reads and writes by; a slow interpreter in test/support reads the same
 * data and serves as the oracle of those codecs.
 * The order of a struct's properties is the order on the wire; every version range is absolute, that is, in terms of
 * the version of the whole message.
 */

/** Message versions in which something exists: `7+`, `0-12`, `3`, or none at all. */
export type Versions = `${number}+` | `${number}-${number}` | `${number}` | 'none';

/** Types without fields. `offset` is an int64 read as a number, `int64` is exact, as a bigint. */
export type PrimitiveType =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'offset'
  | 'float64'
  | 'string'
  | 'uuid'
  | 'bytes'
  | 'records';

/** A default as the schema writes it; left out, it is Kafka's own: 0, '', false, the zero uuid, [] or no bytes. */
export type DefaultValue = number | string | boolean | null;

/** What every kind of field may say of itself. */
export interface FieldOptions {
  /** What it means, where the name does not say it. */
  readonly about?: string;
  /** Versions that carry the field; default: every version of the message. */
  readonly versions?: Versions;
  /** Versions in which it may be null. */
  readonly nullable?: Versions;
  /** What a reader sees in versions without the field, and a writer fills in when it is left out. */
  readonly default?: DefaultValue;
  /** Tag number (KIP-482): the field travels in the tagged section of its struct, in all its versions. */
  readonly tag?: number;
  /** A writer may silently drop a non-default value in versions without the field; otherwise it refuses. */
  readonly ignorable?: boolean;
  /** `none`: the field keeps the old encoding in flexible versions too (only the header's client id does). */
  readonly flexible?: 'none';
}

/** A named field's description. */
export interface Field extends FieldOptions {
  readonly type: PrimitiveType | 'struct';
  readonly isArray: boolean;
  /** Kafka's name of the struct, and its fields; only when `type` is struct. */
  readonly struct?: string;
  readonly fields?: Fields;
}

/** Fields of a message or struct, in wire order. */
export interface Fields {
  readonly [name: string]: Field;
}

/** What a message is used for. */
export type MessageKind = 'request' | 'response' | 'header' | 'coordinator-key' | 'coordinator-value' | 'data';

/** One message in all its versions. */
export interface Message {
  readonly kind: MessageKind;
  readonly name: string;
  /** API key of a request or response; record type of a coordinator key or value. */
  readonly apiKey?: number;
  /** Versions that can be read and written. */
  readonly versions: Versions;
  /** Versions with compact lengths and tagged sections (KIP-482). */
  readonly flexible: Versions;
  /** The newest version is still under development in Kafka and is not to be offered. */
  readonly latestVersionUnstable?: boolean;
  /** Listeners on which Kafka serves the request. */
  readonly listeners?: ReadonlyArray<'broker' | 'controller'>;
  readonly about: string;
  readonly fields: Fields;
}

/** A message; the identity function, for its type. */
export function message(description: Message): Message {
  return description;
}

function primitive(type: PrimitiveType): (options?: FieldOptions) => Field {
  return (options = {}) => ({ type, isArray: false, ...options });
}

export const bool = primitive('bool');
export const int8 = primitive('int8');
export const int16 = primitive('int16');
export const uint16 = primitive('uint16');
export const int32 = primitive('int32');
export const uint32 = primitive('uint32');
/** An exact int64, a bigint: for values that use all 64 bits, such as producer ids. */
export const int64 = primitive('int64');
/** An int64 that is an offset, a time or a size: a number, saturating at the safe integers. */
export const offset = primitive('offset');
export const float64 = primitive('float64');
export const string = primitive('string');
/** Sixteen bytes, as Kafka's 22-character text. */
export const uuid = primitive('uuid');
export const bytes = primitive('bytes');
/** Record batches, or the older message sets: bytes that are not looked into here. */
export const records = primitive('records');

/** An array of a primitive type. */
export function array(type: PrimitiveType, options: FieldOptions = {}): Field {
  return { type, isArray: true, ...options };
}

/** A struct. */
export function struct(name: string, options: FieldOptions, fields: Fields): Field {
  return { type: 'struct', isArray: false, struct: name, fields, ...options };
}

/** An array of structs. */
export function structs(name: string, options: FieldOptions, fields: Fields): Field {
  return { type: 'struct', isArray: true, struct: name, fields, ...options };
}

/** An inclusive range of versions. An open end is `Infinity`; an empty range has `last` below `first`. */
export interface VersionRange {
  readonly first: number;
  readonly last: number;
}

/** Parses a version range. */
export function parseVersions(versions: Versions): VersionRange {
  if (versions === 'none') return { first: 0, last: -1 };
  if (versions.endsWith('+')) return { first: Number(versions.slice(0, -1)), last: Infinity };
  const [first, last] = versions.split('-');
  return { first: Number(first), last: Number(last ?? first) };
}

/** Whether a range holds a version. */
export function includesVersion(range: VersionRange, version: number): boolean {
  return version >= range.first && version <= range.last;
}
