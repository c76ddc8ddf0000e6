/** The forms in which records are printed: values as they are, JSON, hexadecimal, or by a template. */
import type { OpenBatch } from '../../client/record-batches.ts';
import { ConfigError } from '../../config/config-error.ts';
import type { ByteSink } from './byte-sink.ts';
import { fieldJson, headersJson } from './record-json.ts';

/** A record to print: the one that the cursor of its batch stands at. */
export interface RecordView {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly batch: OpenBatch;
}

export type Printer = (view: RecordView, sink: ByteSink) => void;

export interface PrintOptions {
  /** `raw`, `json`, `hex`, or a template, which has a % in it. */
  readonly format: string;
  /** Keys before values, headers before those; in raw and hex. */
  readonly keys: boolean;
  readonly headers: boolean;
  /** Between the key and the value, in raw and hex. */
  readonly keySeparator: string;
}

const NEWLINE = 10;

/** Shown where there is nothing: no key, or a tombstone. */
const NULL_TEXT = 'null';

function jsonPrinter(): Printer {
  let topic = '';
  let beginning = '';
  return ({ topic: name, partition, offset, timestampMs, batch }, sink) => {
    if (name !== topic) {
      topic = name;
      beginning = `{"topic":${JSON.stringify(name)},"partition":`;
    }
    const { cursor } = batch;
    const fields = `${fieldJson('key', cursor.key())},${fieldJson('value', cursor.value())}`;
    const headers = cursor.headersCount === 0 ? '' : headersJson(cursor.headers());
    sink.text(`${beginning}${partition},"offset":${offset},"timestamp":${timestampMs},${fields}${headers}}\n`);
  };
}

type PutBytes = (sink: ByteSink, bytes: Buffer, start: number, length: number) => void;

const putRaw: PutBytes = (sink, bytes, start, length) => {
  if (length < 0) sink.text(NULL_TEXT);
  else sink.bytes(bytes, start, start + length);
};

const putHex: PutBytes = (sink, bytes, start, length) => {
  sink.text(length < 0 ? NULL_TEXT : bytes.toString('hex', start, start + length));
};

function headersText(view: RecordView): string {
  return view.batch.cursor
    .headers()
    .map(({ key, value }) => `${key}:${value === null ? NULL_TEXT : Buffer.from(value).toString('utf8')}`)
    .join(',');
}

/** Nothing where there is nothing: a template shows the length, -1, where that matters. */
const putSome: PutBytes = (sink, bytes, start, length) => {
  if (length > 0) sink.bytes(bytes, start, start + length);
};

/** A line of value, and of key and headers before it. A tombstone is an empty line where nothing else is on it. */
function linePrinter({ keys, headers, keySeparator }: PrintOptions, put: PutBytes): Printer {
  return (view, sink) => {
    const { cursor, bytes } = view.batch;
    if (headers) sink.text(`${headersText(view)}${keySeparator}`);
    if (keys) {
      put(sink, bytes, cursor.keyStart, cursor.keyLength);
      sink.text(keySeparator);
    }
    if (cursor.valueLength >= 0 || keys) put(sink, bytes, cursor.valueStart, cursor.valueLength);
    sink.byte(NEWLINE);
  };
}

const FIELDS: Readonly<Record<string, Printer>> = {
  t: ({ topic }, sink) => sink.text(topic),
  p: ({ partition }, sink) => sink.text(String(partition)),
  o: ({ offset }, sink) => sink.text(String(offset)),
  k: ({ batch: { cursor, bytes } }, sink) => putSome(sink, bytes, cursor.keyStart, cursor.keyLength),
  v: ({ batch: { cursor, bytes } }, sink) => putSome(sink, bytes, cursor.valueStart, cursor.valueLength),
  s: ({ batch: { cursor, bytes } }, sink) => putSome(sink, bytes, cursor.valueStart, cursor.valueLength),
  K: ({ batch: { cursor } }, sink) => sink.text(String(cursor.keyLength)),
  V: ({ batch: { cursor } }, sink) => sink.text(String(cursor.valueLength)),
  S: ({ batch: { cursor } }, sink) => sink.text(String(cursor.valueLength)),
  T: ({ timestampMs }, sink) => sink.text(String(timestampMs)),
  d: ({ timestampMs }, sink) => sink.text(timeText(timestampMs)),
  h: (view, sink) => sink.text(headersText(view)),
  '%': (_, sink) => sink.text('%'),
};

/** What a template may have, for help. */
export const TEMPLATE_HELP =
  '%t topic, %p partition, %o offset, %k key, %v value, %h headers, %T time in ms, %d time as a date, %K and %V bytes ' +
  'of key and value, %%; and \\n, \\t, \\r, \\0';

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0', '\\': '\\' };

/** A time as ISO 8601, or as a number where it is none. */
function timeText(ms: number): string {
  return ms >= 0 && ms < 8.64e15 ? new Date(ms).toISOString() : String(ms);
}

/** `\t` and others as what they stand for. @throws ConfigError for one that stands for nothing */
export function unescaped(text: string, where: string): string {
  return text.replaceAll(/\\(.?)/gs, (whole, letter: string) => {
    const escape = ESCAPES[letter];
    if (escape === undefined)
      throw new ConfigError(`${where}: ${whole} stands for nothing; there is \\n, \\t, \\r, \\0, \\\\`);
    return escape;
  });
}

/** @throws ConfigError for a field that there is not */
function templatePrinter(template: string): Printer {
  const parts: Printer[] = [];
  for (const [whole, field] of template.matchAll(/%(.?)|[^%]+/gs)) {
    if (field === undefined) {
      const text = unescaped(whole, '--format');
      parts.push((_, sink) => sink.text(text));
      continue;
    }
    const printer = FIELDS[field];
    if (printer === undefined)
      throw new ConfigError(`--format: ${whole} stands for nothing; there is ${TEMPLATE_HELP}`);
    parts.push(printer);
  }
  return (view, sink) => {
    for (const part of parts) part(view, sink);
  };
}

/** The printer that the flags ask for. @throws ConfigError */
export function printerOf(options: PrintOptions): Printer {
  const { format } = options;
  if (format === 'json') return jsonPrinter();
  if (format === 'raw') return linePrinter(options, putRaw);
  if (format === 'hex') return linePrinter(options, putHex);
  if (format.includes('%')) return templatePrinter(format);
  throw new ConfigError(`--format: "${format}" is none of raw, json, hex, and no template, which would have a %`);
}
