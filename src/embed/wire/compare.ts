/** Compares answers by what they mean. */
import { isUtf8 } from 'node:buffer';
import { errorName, KafkaError } from '../../../protocol/errors.ts';
import { type DecodedRecord, decodeRecords } from '../../../protocol/records/iterate.ts';
import { wholeBatches } from '../../client/record-batches.ts';
import type { Message } from '../faults/error-answer.ts';
import { type Ids, kindOf } from './ids.ts';

/** Fields that differ by nature: times, sizes, addresses, texts for people. */
export const IGNORED_FIELDS: readonly string[] = [
  'throttleTimeMs',
  'errorMessage',
  'host',
  'port',
  'clientHost',
  'rack',
  'timestamp',
  'logAppendTimeMs',
  'lastTimestamp',
  'transactionStartTimeMs',
  'issueTimestampMs',
  'expiryTimestampMs',
  'maxTimestampMs',
  'sessionLifetimeMs',
  'finalizedFeaturesEpoch',
  'logDir',
  'size',
  'totalBytes',
  'usableBytes',
];

/** Fields that name an element of a list, whose order means nothing then. */
const NAMES = [
  'name',
  'topic',
  'topicId',
  'groupId',
  'partitionIndex',
  'partition',
  'apiKey',
  'resourceName',
  'memberId',
];

export interface FieldDifference {
  readonly field: string;
  readonly recorded: unknown;
  readonly replayed: unknown;
}

/** A message with its records read, and its bytes as text or base64. */
export async function readable(value: unknown, name = ''): Promise<unknown> {
  if (Buffer.isBuffer(value)) return name === 'records' ? readRecords(value) : bytesText(value);
  if (Array.isArray(value)) return Promise.all(value.map((one) => readable(one, name)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(async ([key, one]) => [key, await readable(one, key)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

function bytesText(data: Uint8Array | null): string | null {
  if (data === null) return null;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  return isUtf8(bytes) ? bytes.toString() : `base64:${bytes.toString('base64')}`;
}

async function readRecords(records: Buffer): Promise<unknown> {
  let batches: DecodedRecord[][];
  try {
    batches = await Promise.all(wholeBatches(records).map((at) => decodeRecords(records, at)));
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return bytesText(records); // damaged, or of an old format
  }
  return batches.flat().map(({ offset, key, value, headers }) => ({
    offset,
    key: bytesText(key),
    value: bytesText(value),
    headers: headers.map((header) => `${header.key}=${bytesText(header.value)}`),
  }));
}

/** Compares messages that `readable` gave. Ids are matched, and learned by it. */
export class Comparison {
  readonly differences: FieldDifference[] = [];
  readonly #ids: Ids;
  readonly #ignored: ReadonlySet<string>;

  constructor(ids: Ids, ignored: ReadonlySet<string>) {
    this.#ids = ids;
    this.#ignored = ignored;
  }

  /** `name` is the field's, `path` where it lies. */
  compare(recorded: unknown, replayed: unknown, name = '', path = ''): void {
    if (this.#ignored.has(name)) return;
    if (Array.isArray(recorded) && Array.isArray(replayed)) this.#compareLists(recorded, replayed, name, path);
    else if (isMessage(recorded) && isMessage(replayed)) {
      for (const key of new Set([...Object.keys(recorded), ...Object.keys(replayed)])) {
        this.compare(recorded[key], replayed[key], key, path === '' ? key : `${path}.${key}`);
      }
    } else if (!this.#isSame(recorded, replayed, name)) {
      const shown = (value: unknown): unknown =>
        /errorCode$/i.test(name) && typeof value === 'number' ? errorName(value) : value;
      this.differences.push({ field: path, recorded: shown(recorded), replayed: shown(replayed) });
    }
  }

  #isSame(recorded: unknown, replayed: unknown, name: string): boolean {
    const kind = kindOf(name, recorded);
    if (kind === null || kindOf(name, replayed) === null) return recorded === replayed;
    return this.#ids.match(kind, recorded, replayed);
  }

  #compareLists(recorded: readonly unknown[], replayed: readonly unknown[], name: string, path: string): void {
    const key = NAMES.find((one) => isKey(one, recorded) && isKey(one, replayed));
    if (key === undefined) {
      for (let at = 0; at < Math.max(recorded.length, replayed.length); at++) {
        this.compare(recorded[at], replayed[at], name, `${path}[${at}]`);
      }
      return;
    }
    const left = new Map((replayed as Message[]).map((one) => [one[key], one]));
    // Ids that are not known yet stand for each other in their order.
    const known = (value: unknown): unknown => {
      const kind = kindOf(key, value);
      return kind === null ? value : this.#ids.replayed(kind, value);
    };
    const recordedKeys = new Set((recorded as Message[]).map((one) => known(one[key])));
    const unknown = [...left.keys()].filter((value) => kindOf(key, value) !== null && !recordedKeys.has(value));
    for (const one of recorded as Message[]) {
      const wanted = known(one[key]);
      const found = left.has(wanted) ? wanted : kindOf(key, wanted) === null ? wanted : unknown.shift();
      this.compare(one, left.get(found), '', `${path}[${String(one[key])}]`);
      left.delete(found);
    }
    for (const [value, one] of left) this.compare(undefined, one, '', `${path}[${String(value)}]`);
  }
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether every element has such a name, and none that another has, or none at all. */
function isKey(name: string, list: readonly unknown[]): boolean {
  const values = list.map((one) => (isMessage(one) ? one[name] : undefined));
  return (
    values.every((value) => value !== undefined && value !== '' && value !== null) &&
    new Set(values).size === values.length
  );
}
