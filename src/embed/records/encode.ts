/** From what a program calls a record to what a batch has: bytes, or one line that says what is wrong. */
import { types } from 'node:util';
import { type NewRecord, type RecordHeader } from '../../../protocol/records/build.ts';
import type { HeaderValue, ProducedRecord, RecordData } from './types.ts';

/** A record with its partition where it names one. */
export interface EncodedRecord extends NewRecord {
  readonly partition: number | undefined;
}

const FIELDS: ReadonlySet<string> = new Set(['key', 'value', 'headers', 'partition', 'timestamp']);

/** `where` begins the error's sentence. @throws TypeError, RangeError */
export function encodeRecord(
  record: string | Uint8Array | ProducedRecord,
  where: string,
  nowMs: number,
): EncodedRecord {
  if (typeof record === 'string' || isBytes(record)) return encodeRecord({ value: record }, where, nowMs);
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw new TypeError(`${where} is ${kindOf(record)}; a record is text, bytes, or { key, value, headers, … }`);
  }
  const unknown = Object.keys(record).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) {
    throw new TypeError(`${where} has ${unknown}; a record has key, value, headers, partition, timestamp`);
  }
  const { key, value, headers = {}, partition, timestamp } = record;
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    throw new TypeError(`${where}: headers is an object of names and values, not ${kindOf(headers)}`);
  }
  if (partition !== undefined && !(Number.isSafeInteger(partition) && partition >= 0)) {
    throw new RangeError(`${where}: partition is a whole number from 0 on, not ${String(partition)}`);
  }
  return {
    key: toBytes(key, `${where}: key`),
    value: toBytes(value, `${where}: value`),
    headers: Object.entries(headers).flatMap(([name, values]) => toHeaders(name, values, where)),
    timestampMs: toTimestamp(timestamp, where) ?? nowMs,
    partition,
  };
}

/** Of whatever realm: in Jest, code and its buffers may be of two. */
function isBytes(value: unknown): value is Uint8Array {
  return types.isUint8Array(value);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

/** What JSON.stringify would write as something else without a word. */
const NOT_JSON: ReadonlyArray<{ readonly is: (data: unknown) => boolean; readonly name: string }> = [
  { is: (data) => typeof data === 'number' && !Number.isFinite(data), name: 'a number that is not finite' },
  { is: types.isMap, name: 'a Map' },
  { is: types.isSet, name: 'a Set' },
  { is: types.isAnyArrayBuffer, name: 'an ArrayBuffer' },
  { is: ArrayBuffer.isView, name: 'a view of bytes that is no Uint8Array' },
];

/** What JSON cannot write is refused rather than written as something else. */
function toBytes(data: RecordData | undefined, where: string): Uint8Array | null {
  if (data === undefined || data === null) return null;
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  if (isBytes(data)) return data;
  const instead = NOT_JSON.find(({ is }) => is(data))?.name;
  if (instead !== undefined) throw new TypeError(`${where} is ${instead}, which is neither text, bytes nor JSON`);
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch (cause) {
    throw new TypeError(`${where} cannot be written as JSON: ${(cause as Error).message}`, { cause });
  }
  if (text === undefined) throw new TypeError(`${where} is a ${typeof data}, which is neither text, bytes nor JSON`);
  return Buffer.from(text, 'utf8');
}

function toHeaders(name: string, values: HeaderValue | readonly HeaderValue[], where: string): RecordHeader[] {
  const list: readonly HeaderValue[] = isList(values) ? values : [values];
  return list.map((value) => {
    if (value !== null && typeof value !== 'string' && !isBytes(value)) {
      throw new TypeError(`${where}: header ${name} is ${kindOf(value)}; a header is text, bytes or null`);
    }
    return { key: name, value: typeof value === 'string' ? Buffer.from(value, 'utf8') : value };
  });
}

function isList(values: HeaderValue | readonly HeaderValue[]): values is readonly HeaderValue[] {
  return Array.isArray(values);
}

function toTimestamp(timestamp: number | Date | undefined, where: string): number | undefined {
  if (timestamp === undefined) return undefined;
  const ms = types.isDate(timestamp) ? timestamp.getTime() : timestamp;
  if (Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw new RangeError(`${where}: timestamp is a Date or whole milliseconds from 0 on, not ${String(timestamp)}`);
}
