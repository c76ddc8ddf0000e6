/** What a line of input stands for: a value, key and value, JSON, or hexadecimal. */
import type { NewRecord, RecordHeader } from '../../../protocol/records/build.ts';
import { type ParsedRecord, parseRecordLine, RecordLineError } from './record-json.ts';

export interface LineOptions {
  readonly format: 'raw' | 'json' | 'hex';
  /** Key of all records. */
  readonly key: Buffer | null;
  /** What parts the key of a line from its value. */
  readonly keySeparator: Buffer | null;
  /** Of all records. */
  readonly headers: readonly RecordHeader[];
  /** An empty value is null. */
  readonly emptyIsNull: boolean;
  /** Time of records that have none of their own, in ms. */
  readonly now: () => number;
}

export type ParsedLine = ParsedRecord;

function hexBytes(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1').trim();
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) throw new RecordLineError('it is not hexadecimal');
  return Buffer.from(text, 'hex');
}

/** The parser for the lines; what it gives are views of them. It throws RecordLineError. */
export function lineParser(options: LineOptions): (line: Buffer) => ParsedLine {
  const { format, key: fixedKey, keySeparator, headers, emptyIsNull, now } = options;
  const all = headers.length === 0 ? {} : { headers };
  if (format === 'json') {
    return (line) => {
      const parsed = parseRecordLine(line.toString('utf8'));
      const { record } = parsed;
      const timestampMs = record.timestampMs < 0 ? now() : record.timestampMs;
      const own = record.headers ?? [];
      const both = headers.length === 0 ? {} : { headers: [...own, ...headers] };
      return { ...parsed, record: { ...record, timestampMs, ...both } };
    };
  }
  const bytesOf = format === 'hex' ? hexBytes : (bytes: Buffer): Buffer => bytes;
  return (line) => {
    let key = fixedKey;
    let rest = line;
    if (keySeparator !== null) {
      const at = line.indexOf(keySeparator);
      if (at < 0) throw new RecordLineError(`it has no key separator ${JSON.stringify(keySeparator.toString())}`);
      key = bytesOf(line.subarray(0, at));
      rest = line.subarray(at + keySeparator.length);
    }
    const value = bytesOf(rest);
    const record: NewRecord = {
      key,
      value: emptyIsNull && value.length === 0 ? null : value,
      timestampMs: now(),
      ...all,
    };
    return { topic: null, partition: null, record };
  };
}
