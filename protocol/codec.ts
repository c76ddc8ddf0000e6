/** What the generated codecs share: version and null checks, and arrays of primitive types. */
import { ProtocolError } from './errors.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** Versions of a message, inclusive; `flexible` is the first with compact lengths, or Infinity. */
export interface MessageVersions {
  readonly min: number;
  readonly max: number;
  readonly flexible: number;
}

/** @throws ProtocolError `unsupported-version` when the message has no such version. */
export function checkVersion(name: string, version: number, versions: MessageVersions): void {
  if (!(version >= versions.min && version <= versions.max)) {
    throw new ProtocolError('unsupported-version', `${name} has no version ${version}`);
  }
}

/** The error for a value that would be lost in a version without its field. */
export function unsupportedField(field: string, version: number): ProtocolError {
  return new ProtocolError('unsupported-field', `${field} cannot be sent in version ${version}`);
}

/** Passes on what may not be null. @throws ProtocolError `unexpected-null`. */
export function required<T>(value: T | null, field: string): T {
  if (value === null) throw new ProtocolError('unexpected-null', `${field} must not be null`);
  return value;
}

function readList<T>(reader: Reader, count: number, read: (reader: Reader) => T): T[] | null {
  if (count < 0) return null;
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(read(reader));
  return items;
}

function countOf(reader: Reader, isCompact: boolean, minElementSize: number): number {
  return isCompact ? reader.compactCount(minElementSize) : reader.count(minElementSize);
}

/** Reads an array of int32; null when it is null. The others below are alike. */
export function readInt32s(reader: Reader, isCompact: boolean): number[] | null {
  const count = countOf(reader, isCompact, 4);
  if (count < 0) return null;
  const items: number[] = [];
  for (let i = 0; i < count; i++) items.push(reader.int32());
  return items;
}

export function readInt8s(reader: Reader, isCompact: boolean): number[] | null {
  return readList(reader, countOf(reader, isCompact, 1), (from) => from.int8());
}

export function readInt16s(reader: Reader, isCompact: boolean): number[] | null {
  return readList(reader, countOf(reader, isCompact, 2), (from) => from.int16());
}

export function readInt64s(reader: Reader, isCompact: boolean): bigint[] | null {
  return readList(reader, countOf(reader, isCompact, 8), (from) => from.int64());
}

export function readUuids(reader: Reader, isCompact: boolean): string[] | null {
  return readList(reader, countOf(reader, isCompact, 16), (from) => from.uuid());
}

export function readStrings(reader: Reader, isCompact: boolean): string[] | null {
  if (isCompact) return readList(reader, reader.compactCount(1), (from) => from.compactString());
  return readList(reader, reader.count(2), (from) => from.string());
}

/** Writes the count of an array, or its absence. */
export function writeCount(writer: Writer, items: ReadonlyArray<unknown> | null, isCompact: boolean): void {
  const count = items === null ? -1 : items.length;
  if (isCompact) writer.compactCount(count);
  else writer.count(count);
}

/** Writes an array of int32, or null. The others below are alike. */
export function writeInt32s(writer: Writer, items: ReadonlyArray<number> | null, isCompact: boolean): void {
  writeCount(writer, items, isCompact);
  if (items !== null) for (const item of items) writer.int32(item);
}

export function writeInt8s(writer: Writer, items: ReadonlyArray<number> | null, isCompact: boolean): void {
  writeCount(writer, items, isCompact);
  if (items !== null) for (const item of items) writer.int8(item);
}

export function writeInt16s(writer: Writer, items: ReadonlyArray<number> | null, isCompact: boolean): void {
  writeCount(writer, items, isCompact);
  if (items !== null) for (const item of items) writer.int16(item);
}

export function writeInt64s(writer: Writer, items: ReadonlyArray<bigint> | null, isCompact: boolean): void {
  writeCount(writer, items, isCompact);
  if (items !== null) for (const item of items) writer.int64(item);
}

export function writeUuids(writer: Writer, items: ReadonlyArray<string> | null, isCompact: boolean): void {
  writeCount(writer, items, isCompact);
  if (items !== null) for (const item of items) writer.uuid(item);
}

export function writeStrings(writer: Writer, items: ReadonlyArray<string> | null, isCompact: boolean): void {
  writeCount(writer, items, isCompact);
  if (items === null) return;
  for (const item of items) {
    if (isCompact) writer.compactString(item);
    else writer.string(item);
  }
}
