/**
 * Reads, writes and invents messages by walking their schemas: slow, simple, and independent of the generated codecs,
 * for which it is the oracle. It shares only the schemas with them, not a line of reading or writing.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Field, Fields, Message } from '../../protocol/schema.ts';
import { includesVersion, parseVersions } from '../../protocol/schema.ts';
import type { Random } from '../../src/base/random.ts';

const messagesFolder = join(import.meta.dirname, '../../protocol/messages');

/** Every message of protocol/messages. */
export async function loadSchemas(): Promise<Message[]> {
  const files = readdirSync(messagesFolder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const modules = await Promise.all(
    files.sort().map((file) => import(join(messagesFolder, file)) as Promise<Record<string, Message>>),
  );
  return modules.flatMap((module) => Object.values(module));
}

/** All versions of a message. */
export function versionsOf(message: Message): number[] {
  const { first, last } = parseVersions(message.versions);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

type Value = number | bigint | string | boolean | null | Buffer | Value[] | { [name: string]: Value };
/** A message or struct as the codecs see it. */
export interface Struct {
  [name: string]: Value;
}

interface Context {
  readonly version: number;
  readonly isFlexible: boolean;
}

function contextOf(message: Message, version: number): Context {
  return { version, isFlexible: includesVersion(parseVersions(message.flexible), version) };
}

function isIn(versions: Field['versions'], context: Context): boolean {
  return includesVersion(parseVersions(versions ?? '0+'), context.version);
}

function isNullableIn(field: Field, context: Context): boolean {
  return field.nullable !== undefined && isIn(field.nullable, context);
}

/** What stands for a field that is not there. */
export function defaultOf(field: Field): Value {
  if (field.default === null) return null;
  if (field.isArray) return [];
  switch (field.type) {
    case 'struct':
      return defaultsOf(field.fields ?? {});
    case 'string':
      return field.default ?? '';
    case 'uuid':
      return 'AAAAAAAAAAAAAAAAAAAAAA';
    case 'bool':
      return field.default ?? false;
    case 'bytes':
      return Buffer.alloc(0);
    case 'records':
      return field.nullable === undefined ? Buffer.alloc(0) : null;
    case 'int64':
      return BigInt(field.default ?? 0);
    default:
      return field.default ?? 0;
  }
}

/** A struct with nothing but defaults. */
export function defaultsOf(fields: Fields): Struct {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, defaultOf(field)]));
}

// --- Writing ---

/** Encodes a message. */
export function interpretWrite(message: Message, value: Struct, version: number): Buffer {
  return writeStruct(message.fields, value, contextOf(message, version));
}

function writeStruct(fields: Fields, value: Struct, context: Context): Buffer {
  const parts: Buffer[] = [];
  const tags = new Map<number, Buffer>();
  for (const [name, field] of Object.entries(fields)) {
    if (!isIn(field.versions, context)) continue;
    const item = value[name] as Value;
    if (field.tag === undefined) parts.push(writeField(field, item, context));
    else if (!isSame(item, defaultOf(field))) tags.set(field.tag, writeField(field, item, context));
  }
  if (context.isFlexible) {
    parts.push(uvarint(tags.size));
    for (const [tag, bytes] of [...tags].sort(([a], [b]) => a - b)) {
      parts.push(uvarint(tag), uvarint(bytes.length), bytes);
    }
  }
  return Buffer.concat(parts);
}

function isSame(a: Value, b: Value): boolean {
  return toText(a) === toText(b);
}

function toText(value: Value): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item));
}

function writeField(field: Field, value: Value, context: Context): Buffer {
  const isCompact = context.isFlexible && field.flexible !== 'none';
  if (field.isArray) {
    if (value === null) return isCompact ? uvarint(0) : int(4, -1);
    const items = value as Value[];
    const element: Field = { ...field, isArray: false, nullable: 'none' };
    const count = isCompact ? uvarint(items.length + 1) : int(4, items.length);
    return Buffer.concat([count, ...items.map((item) => writeField(element, item, context))]);
  }
  switch (field.type) {
    case 'struct': {
      const isNullable = isNullableIn(field, context);
      if (value === null) return int(1, field.tag === undefined ? -1 : 0);
      const body = writeStruct(field.fields ?? {}, value as Struct, context);
      return isNullable ? Buffer.concat([int(1, 1), body]) : body;
    }
    case 'string':
      return sized(value === null ? null : Buffer.from(value as string), isCompact, 2);
    case 'bytes':
    case 'records':
      return sized(value as Buffer | null, isCompact, 4);
    case 'uuid':
      return Buffer.from(value as string, 'base64url');
    case 'bool':
      return int(1, value === true ? 1 : 0);
    case 'float64': {
      const bytes = Buffer.alloc(8);
      new DataView(bytes.buffer, bytes.byteOffset).setFloat64(0, value as number);
      return bytes;
    }
    case 'offset':
      return wide(extremes(value as number));
    case 'int64':
      return wide(value as bigint);
    default:
      return int(INT_SIZES[field.type], value as number);
  }
}

const INT_SIZES = { int8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4 } as const;

function extremes(value: number): bigint {
  if (value === Number.MAX_SAFE_INTEGER) return 2n ** 63n - 1n;
  if (value === Number.MIN_SAFE_INTEGER) return -(2n ** 63n);
  return BigInt(value);
}

function int(size: 1 | 2 | 4, value: number): Buffer {
  return wide(BigInt(value)).subarray(8 - size);
}

function wide(value: bigint): Buffer {
  return Buffer.from(BigInt.asUintN(64, value).toString(16).padStart(16, '0'), 'hex');
}

function uvarint(value: number): Buffer {
  const low = value % 128;
  return value < 128 ? Buffer.from([value]) : Buffer.concat([Buffer.from([low + 128]), uvarint((value - low) / 128)]);
}

function sized(bytes: Buffer | null, isCompact: boolean, lengthSize: 2 | 4): Buffer {
  if (bytes === null) return isCompact ? uvarint(0) : int(lengthSize, -1);
  return Buffer.concat([isCompact ? uvarint(bytes.length + 1) : int(lengthSize, bytes.length), bytes]);
}

// --- Reading ---

/** Decodes a message that is known to be well-formed. @throws Error when bytes are left over. */
export function interpretRead(message: Message, bytes: Buffer, version: number): Struct {
  const cursor: Cursor = { bytes, position: 0 };
  const value = readStruct(message.fields, cursor, contextOf(message, version));
  if (cursor.position !== bytes.length) throw new Error('bytes left over');
  return value;
}

interface Cursor {
  readonly bytes: Buffer;
  position: number;
}

function take(cursor: Cursor, size: number): Buffer {
  cursor.position += size;
  if (cursor.position > cursor.bytes.length) throw new Error('out of bytes');
  return cursor.bytes.subarray(cursor.position - size, cursor.position);
}

function readUvarint(cursor: Cursor): number {
  const byte = take(cursor, 1)[0] as number;
  return byte < 128 ? byte : byte - 128 + 128 * readUvarint(cursor);
}

function readInt(cursor: Cursor, size: number): number {
  return Number(readWide(cursor, size));
}

function readWide(cursor: Cursor, size: number): bigint {
  return BigInt.asIntN(size * 8, BigInt(`0x${take(cursor, size).toString('hex')}`));
}

function readStruct(fields: Fields, cursor: Cursor, context: Context): Struct {
  const value = defaultsOf(fields);
  const entries = Object.entries(fields).filter(([, field]) => isIn(field.versions, context));
  for (const [name, field] of entries) {
    if (field.tag === undefined) value[name] = readField(field, cursor, context);
  }
  if (context.isFlexible) {
    for (let left = readUvarint(cursor); left > 0; left--) {
      const tag = readUvarint(cursor);
      const size = readUvarint(cursor);
      const known = entries.find(([, field]) => field.tag === tag);
      if (known === undefined) take(cursor, size);
      else value[known[0]] = readField(known[1], cursor, context);
    }
  }
  return value;
}

function readField(field: Field, cursor: Cursor, context: Context): Value {
  const isCompact = context.isFlexible && field.flexible !== 'none';
  if (field.isArray) {
    const count = isCompact ? readUvarint(cursor) - 1 : readInt(cursor, 4);
    const element: Field = { ...field, isArray: false, nullable: 'none' };
    return count < 0 ? null : Array.from({ length: count }, () => readField(element, cursor, context));
  }
  switch (field.type) {
    case 'struct':
      if (isNullableIn(field, context) && readInt(cursor, 1) < (field.tag === undefined ? 0 : 1)) return null;
      return readStruct(field.fields ?? {}, cursor, context);
    case 'string': {
      const size = isCompact ? readUvarint(cursor) - 1 : readInt(cursor, 2);
      return size < 0 ? null : take(cursor, size).toString();
    }
    case 'bytes':
    case 'records': {
      const size = isCompact ? readUvarint(cursor) - 1 : readInt(cursor, 4);
      return size < 0 ? null : take(cursor, size);
    }
    case 'uuid':
      return take(cursor, 16).toString('base64url');
    case 'bool':
      return readInt(cursor, 1) !== 0;
    case 'float64':
      return take(cursor, 8).readDoubleBE(0);
    case 'int64':
      return readWide(cursor, 8);
    case 'offset': {
      const exact = readWide(cursor, 8);
      if (exact > Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER;
      return exact < Number.MIN_SAFE_INTEGER ? Number.MIN_SAFE_INTEGER : Number(exact);
    }
    case 'uint16':
    case 'uint32':
      return readInt(cursor, INT_SIZES[field.type]) & (field.type === 'uint16' ? 0xffff : -1);
    default:
      return readInt(cursor, INT_SIZES[field.type]);
  }
}

// --- Inventing ---

/** A random message that its version can carry in full: fields of other versions have their defaults. */
export function randomMessage(message: Message, version: number, random: Random): Struct {
  return randomStruct(message.fields, random, contextOf(message, version), 0);
}

function randomStruct(fields: Fields, random: Random, context: Context, depth: number): Struct {
  const value = defaultsOf(fields);
  for (const [name, field] of Object.entries(fields)) {
    if (isIn(field.versions, context) && random.int(8) !== 0) {
      value[name] = randomField(field, random, context, depth);
    } else if (value[name] === null && isIn(field.versions, context) && !isNullableIn(field, context)) {
      value[name] = randomField(field, random, context, depth);
    }
  }
  return value;
}

const TEXTS = ['', 'a', 'topic', 'grüße', '主題', '😀', 'x'.repeat(130), '\u0000', 'with space'];
const EDGES = [0n, 1n, -1n, 127n, 128n, 255n, 256n, 65_535n, 2n ** 31n - 1n, -(2n ** 31n), 2n ** 32n, 2n ** 53n - 1n];

function pick<T>(items: readonly T[], random: Random): T {
  return items[random.int(items.length)] as T;
}

function randomField(field: Field, random: Random, context: Context, depth: number): Value {
  if (isNullableIn(field, context) && random.int(4) === 0) return null;
  if (field.isArray) {
    const element: Field = { ...field, isArray: false, nullable: 'none' };
    const count = random.int(depth > 2 ? 2 : 4);
    return Array.from({ length: count }, () => randomField(element, random, context, depth + 1));
  }
  switch (field.type) {
    case 'struct':
      return randomStruct(field.fields ?? {}, random, context, depth + 1);
    case 'string':
      return pick(TEXTS, random);
    case 'bytes':
    case 'records':
      return random.bytes(random.int(40));
    case 'uuid':
      return random.bytes(16).toString('base64url');
    case 'bool':
      return random.int(2) === 1;
    case 'float64':
      return random.bytes(8).readInt32BE(0) / 8;
    case 'int64':
      return random.int(2) === 0 ? pick(EDGES, random) : random.bytes(8).readBigInt64BE(0);
    case 'offset':
      return random.int(2) === 0 ? Number(pick(EDGES, random)) : random.bytes(8).readInt32BE(0) * random.int(2 ** 21);
    case 'uint16':
      return random.bytes(2).readUInt16BE(0);
    case 'uint32':
      return random.bytes(4).readUInt32BE(0);
    default: {
      const bits = INT_SIZES[field.type] * 8;
      const wideValue = random.int(2) === 0 ? pick(EDGES, random) : random.bytes(8).readBigInt64BE(0);
      return Number(BigInt.asIntN(bits, wideValue));
    }
  }
}
