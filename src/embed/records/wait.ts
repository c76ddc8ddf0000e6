/** Waiting for records to come, with a time that ends it and a text that says what did come. */
import { types } from 'node:util';
import { systemClock } from '../../base/clock.ts';
import type { BrokerServices } from '../../handlers/types.ts';
import { missingTopicText } from '../missing-topic.ts';
import { checkReadOptions, READ_OPTIONS, TopicReader } from './read.ts';
import type { ConsumedRecord, RecordFormat, WaitOptions } from './types.ts';

const DEFAULT_TIMEOUT_MS = 5000;
/** As long as a timer of Node's can be. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
/** Records that an error shows at most, the newest, and characters of a key or value. */
const SHOWN_RECORDS = 10;
const SHOWN_CHARACTERS = 80;

/** What is waited for: so many records, or records that satisfy a function of all that came so far. */
export type Wanted<F extends RecordFormat> = number | ((records: readonly ConsumedRecord<F>[]) => boolean);

/**
 * All records that are there once what is wanted has come. A topic that is not there yet is waited for.
 * @throws Error with the records that did come, TypeError
 */
export async function waitForRecords<F extends RecordFormat>(
  services: BrokerServices,
  topicName: string,
  wanted: Wanted<F>,
  options: WaitOptions<F>,
  closed: AbortSignal,
): Promise<ConsumedRecord<F>[]> {
  checkReadOptions('waitForRecords', topicName, options, [...READ_OPTIONS, 'timeout']);
  const { timeout = DEFAULT_TIMEOUT_MS } = options;
  if (typeof wanted !== 'function' && !(Number.isSafeInteger(wanted) && wanted >= 0)) {
    throw new TypeError(`waitForRecords: what is wanted is a number or a function, not ${String(wanted)}`);
  }
  if (!(typeof timeout === 'number' && timeout >= 0 && timeout <= MAX_TIMEOUT_MS)) {
    throw new RangeError(`waitForRecords: timeout is a number of milliseconds, not ${String(timeout)}`);
  }
  const timedOut = new AbortController();
  // Real time, whatever the broker's clock was moved to.
  const timer = systemClock.setTimer(timeout, () => timedOut.abort());
  try {
    return await collect(services, topicName, wanted, options, { timedOut: timedOut.signal, closed });
  } finally {
    timer.cancel();
  }
}

async function collect<F extends RecordFormat>(
  services: BrokerServices,
  topicName: string,
  wanted: Wanted<F>,
  { timeout = DEFAULT_TIMEOUT_MS, limit = Infinity, ...options }: WaitOptions<F>,
  { timedOut, closed }: { readonly timedOut: AbortSignal; readonly closed: AbortSignal },
): Promise<ConsumedRecord<F>[]> {
  const records: ConsumedRecord<F>[] = [];
  const isThere = (): boolean => (typeof wanted === 'function' ? isTrue(wanted(records)) : records.length >= wanted);
  const reader = new TopicReader(services, topicName, options);
  const signal = AbortSignal.any([timedOut, closed]);
  for (;;) {
    for await (const record of reader.available()) {
      records.push(record);
      if (isThere()) return records;
      if (records.length >= limit) break;
    }
    if (records.length === 0 && isThere()) return records;
    if (signal.aborted || records.length >= limit || reader.isAtEnd) break;
    await reader.whenMore(signal);
  }
  const missed = reader.topic === undefined ? missingTopicText(services.metadata, topicName) : '';
  throw new Error(failureText(topicName, wanted, records, { missed, when: whenText(timeout, timedOut, closed) }));
}

/** A promise would count as true, whatever it comes to. @throws TypeError */
function isTrue(said: unknown): boolean {
  if (!types.isPromise(said)) return Boolean(said);
  said.catch(() => undefined);
  throw new TypeError('waitForRecords: the function says true or false at once, and gave a promise');
}

function whenText(timeout: number, timedOut: AbortSignal, closed: AbortSignal): string {
  if (closed.aborted) return 'before the broker was closed';
  return timedOut.aborted ? `within ${timeout} ms` : 'before the end asked for';
}

interface Failure {
  /** What is said of a topic that is not there. */
  readonly missed: string;
  readonly when: string;
}

function failureText<F extends RecordFormat>(
  topicName: string,
  wanted: Wanted<F>,
  records: readonly ConsumedRecord<F>[],
  { missed, when }: Failure,
): string {
  const what = typeof wanted === 'function' ? 'the records waited for' : `${records.length} of ${wanted} records`;
  const head = `waitForRecords: ${typeof wanted === 'function' ? `${what} did not come` : `${what} came`} to ${topicName} ${when}.`;
  if (missed !== '') return `${head} ${missed}`;
  if (records.length === 0) return `${head} No record is there.`;
  const lines = records.slice(-SHOWN_RECORDS).map(lineOf);
  const left = records.length > SHOWN_RECORDS ? [`  (${records.length - SHOWN_RECORDS} before these)`] : [];
  return [`${head} There are:`, ...left, ...lines].join('\n');
}

function lineOf<F extends RecordFormat>({ partition, offset, key, value, headers }: ConsumedRecord<F>): string {
  const names = Object.keys(headers);
  const withHeaders = names.length === 0 ? '' : ` headers ${names.join(', ')}`;
  return `  partition ${partition} offset ${offset}: key ${text(key)} value ${text(value)}${withHeaders}`;
}

function text(data: unknown): string {
  const shown = Buffer.isBuffer(data) ? `<${data.toString('hex')}>` : JSON.stringify(data);
  return shown.length > SHOWN_CHARACTERS ? `${shown.slice(0, SHOWN_CHARACTERS)}…` : shown;
}
