/** Values of fields without structs, as tables read and write them. */
import { readInt16s, readInt32s, readInt64s, readInt8s, readStrings, readUuids, required } from '../codec.ts';
import { writeInt16s, writeInt32s, writeInt64s, writeInt8s, writeStrings, writeUuids } from '../codec.ts';
import { methodName } from '../method-name.ts';
import { type Reader, ZERO_UUID } from '../reader.ts';
import type { Field, PrimitiveType } from '../schema.ts';
import type { Writer } from '../writer.ts';

/** How a field is encoded in one version. */
export interface Encoding {
  readonly isCompact: boolean;
  readonly isNullable: boolean;
}

export type Read = (reader: Reader) => unknown;
export type Write = (writer: Writer, value: unknown) => void;

type ReadArray = (reader: Reader, isCompact: boolean) => unknown[] | null;
type WriteArray = (writer: Writer, items: never, isCompact: boolean) => void;
type AnyMethod = Readonly<Record<string, (value?: unknown) => unknown>>;

const ARRAYS: Readonly<Partial<Record<PrimitiveType, readonly [ReadArray, WriteArray]>>> = {
  int8: [readInt8s, writeInt8s],
  int16: [readInt16s, writeInt16s],
  int32: [readInt32s, writeInt32s],
  int64: [readInt64s, writeInt64s],
  string: [readStrings, writeStrings],
  uuid: [readUuids, writeUuids],
};

/** What reads a field that is no struct. */
export function valueReader(name: string, { type, isArray }: Field, { isCompact, isNullable }: Encoding): Read {
  if (!isArray) {
    const method = methodName(type, isCompact, isNullable);
    return (reader) => (reader as unknown as AnyMethod)[method]?.();
  }
  const [read] = ARRAYS[type as PrimitiveType] as readonly [ReadArray, WriteArray];
  return isNullable ? (reader) => read(reader, isCompact) : (reader) => required(read(reader, isCompact), name);
}

/** What writes a field that is no struct. Null is refused before it comes here, where it is not allowed. */
export function valueWriter(name: string, { type, isArray }: Field, { isCompact, isNullable }: Encoding): Write {
  if (isArray) {
    const [, write] = ARRAYS[type as PrimitiveType] as readonly [ReadArray, WriteArray];
    return (writer, value) => write(writer, value as never, isCompact);
  }
  const isErrorCode = type === 'int16' && /errorCode$/i.test(name);
  const method = isErrorCode ? 'errorCode' : methodName(type, isCompact, isNullable);
  return (writer, value) => (writer as unknown as AnyMethod)[method]?.(value);
}

const FIXED_SIZES: Readonly<Partial<Record<Field['type'], number>>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  offset: 8,
  float64: 8,
  uuid: 16,
};

/** The fewest bytes of a field that is an array or no struct. */
export function minValueSize({ type, isArray }: Field, isCompact: boolean): number {
  if (isArray) return isCompact ? 1 : 4;
  if (type === 'string') return isCompact ? 1 : 2;
  return FIXED_SIZES[type] ?? (isCompact ? 1 : 4);
}

const NO_BYTES = Buffer.alloc(0);

/** What a field without struct has where nothing is said. Arrays are new each time. */
export function defaultValue({ type, isArray, default: value, nullable }: Field): unknown {
  if (value === null) return null;
  if (isArray) return [];
  switch (type) {
    case 'string':
      return value ?? '';
    case 'bool':
      return value ?? false;
    case 'uuid':
      return ZERO_UUID;
    case 'bytes':
      return NO_BYTES;
    case 'records':
      return nullable === undefined ? NO_BYTES : null;
    case 'int64':
      return BigInt(value ?? 0);
    default:
      return value ?? 0;
  }
}
