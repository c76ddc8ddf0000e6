/**
 * A record as a line of JSON, as consume and export print it and produce and import read it:
 *
 *   {"topic":"orders","partition":0,"offset":7,"timestamp":1764500000000,"key":"k","value":"v",
 *    "headers":[{"key":"h","value":"x"}]}
 *
 * Times are ms since the epoch. Bytes that are no UTF-8 come in base64, as keyBase64 or valueBase64 in place of key or
 * value. A null value is a tombstone. Headers are left out where there are none; some keys may come twice.
 */
import { isUtf8 } from 'node:buffer';
import type { NewRecord, RecordHeader } from '../../../protocol/records/build.ts';

/** What is wrong with a line. */
export class RecordLineError extends Error {
  override readonly name = 'RecordLineError';
}

/** `"value":"…"` */
export function fieldJson(name: string, bytes: Buffer | null): string {
  if (bytes === null) return `"${name}":null`;
  if (isUtf8(bytes)) return `"${name}":${JSON.stringify(bytes.toString('utf8'))}`;
  return `"${name}Base64":"${bytes.toString('base64')}"`;
}

/** `,"headers":[…]`, or nothing. */
export function headersJson(headers: readonly RecordHeader[]): string {
  if (headers.length === 0) return '';
  const all = headers.map(({ key, value }) => {
    const bytes = value === null ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return `{"key":${JSON.stringify(key)},${fieldJson('value', bytes)}}`;
  });
  return `,"headers":[${all.join(',')}]`;
}

export interface ParsedRecord {
  readonly topic: string | null;
  readonly partition: number | null;
  /** Its time is -1 where the line has none. */
  readonly record: NewRecord;
}

const FIELDS: ReadonlySet<string> = new Set([
  'topic',
  'partition',
  'offset',
  'timestamp',
  'key',
  'keyBase64',
  'value',
  'valueBase64',
  'headers',
]);

function bytesOf(fields: Readonly<Record<string, unknown>>, name: string): Buffer | null | undefined {
  const text = fields[name];
  const base64 = fields[`${name}Base64`];
  if (base64 !== undefined) {
    if (text !== undefined) throw new RecordLineError(`it has both ${name} and ${name}Base64`);
    if (typeof base64 !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
      throw new RecordLineError(`${name}Base64 is not base64`);
    }
    return Buffer.from(base64, 'base64');
  }
  if (text === undefined || text === null) return text;
  if (typeof text !== 'string') throw new RecordLineError(`${name} is neither text nor null`);
  return Buffer.from(text, 'utf8');
}

function headerOf(header: unknown): RecordHeader {
  if (typeof header !== 'object' || header === null) throw new RecordLineError('a header is no object');
  const fields = header as Readonly<Record<string, unknown>>;
  const { key } = fields;
  if (typeof key !== 'string') throw new RecordLineError('a header has no key');
  return { key, value: bytesOf(fields, 'value') ?? null };
}

function headersOf(headers: unknown): RecordHeader[] {
  if (headers === undefined) return [];
  if (Array.isArray(headers)) return headers.map(headerOf);
  if (typeof headers !== 'object' || headers === null) throw new RecordLineError('headers are no array');
  return Object.entries(headers).map(([key, value]) => headerOf({ key, value: value as unknown }));
}

/** A whole number that is not negative, or null where there is none. */
function wholeNumber(fields: Readonly<Record<string, unknown>>, name: string): number | null {
  const value = fields[name];
  if (value === undefined) return null;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new RecordLineError(`${name} is no whole number`);
  }
  return value;
}

/** The record in an object of JSON. @throws RecordLineError */
export function recordOf(object: unknown): ParsedRecord {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    throw new RecordLineError('it is no object of JSON');
  }
  const fields = object as Readonly<Record<string, unknown>>;
  for (const name in fields) if (!FIELDS.has(name)) throw new RecordLineError(`a record has no field ${name}`);
  const topic = fields['topic'] ?? null;
  if (topic !== null && typeof topic !== 'string') throw new RecordLineError('topic is no text');
  const value = bytesOf(fields, 'value');
  if (value === undefined) throw new RecordLineError('it has no value (null stands for a tombstone)');
  const headers = headersOf(fields['headers']);
  return {
    topic,
    partition: wholeNumber(fields, 'partition'),
    record: {
      key: bytesOf(fields, 'key') ?? null,
      value,
      timestampMs: wholeNumber(fields, 'timestamp') ?? -1,
      ...(headers.length === 0 ? {} : { headers }),
    },
  };
}

/** @throws RecordLineError */
export function parseRecordLine(line: string): ParsedRecord {
  let object: unknown;
  try {
    object = JSON.parse(line);
  } catch {
    throw new RecordLineError('it is no JSON');
  }
  return recordOf(object);
}
