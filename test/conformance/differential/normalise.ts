/**
 * Makes answers of two brokers comparable: ids become numbers in the order of their first use, addresses and times become
 * words, record batches are decoded, and lists that Kafka gives in the order of a hash map are sorted.
 */
import { crc32c } from '../../../protocol/crc32c.ts';
import * as batch from '../../../protocol/records/batch.ts';
import { batchPositions, decodeRecords } from '../../../protocol/records/iterate.ts';

const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** Field name to the kind of id it carries. */
const IDS: Readonly<Record<string, string>> = {
  topicId: 'topic',
  memberId: 'member',
  leader: 'member',
  producerId: 'producer',
  sessionId: 'session',
};
const WORDS: Readonly<Record<string, string>> = {
  clusterId: 'cluster',
  host: 'host',
  port: 'port',
  clientHost: 'host',
  logDir: 'directory',
  // Counts metadata records, which two clusters write at different times.
  finalizedFeaturesEpoch: 'epoch',
};
const SIZES = new Set(['totalBytes', 'usableBytes', 'partitionSize']);
const MESSAGES = new Set(['errorMessage', 'acknowledgeErrorMessage', 'batchIndexErrorMessage']);
const TIMES = new Set(['logAppendTimeMs', 'issueTimestampMs', 'transactionStartTimeMs', 'timestamp', 'lastTimestamp']);

/** A time this near to now is "now". */
const NOW_MS = 120_000;

/** The fields that tell the elements of a list apart, strongest first. */
const SORT_KEYS = [
  'name',
  'topicName',
  'topic',
  'resourceName',
  'groupId',
  'key',
  'partitionIndex',
  'partition',
  'index',
  'apiKey',
  'nodeId',
  'brokerId',
];

export class Normaliser {
  readonly #ids = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** `value` as it can be compared with another broker's. */
  async normalise(value: unknown, name = ''): Promise<unknown> {
    if (Array.isArray(value)) return this.#list(value, name);
    if (value instanceof Uint8Array)
      return name === 'records' ? this.#records(Buffer.from(value)) : Buffer.from(value).toString('hex');
    if (value !== null && typeof value === 'object') {
      const result: Record<string, unknown> = {};
      for (const [key, item] of Object.entries(withoutExcess(value))) result[key] = await this.normalise(item, key);
      return result;
    }
    return this.#scalar(value, name);
  }

  #scalar(value: unknown, name: string): unknown {
    const kind = IDS[name];
    if (kind !== undefined) return this.#id(kind, value);
    const word = WORDS[name];
    if (word !== undefined) return value === null || value === '' || value === -1 ? value : word;
    if (SIZES.has(name)) return Number(value) >= 0 ? 'bytes' : value;
    if (TIMES.has(name)) return near(Number(value)) ? 'now' : value;
    if (typeof value === 'bigint') return Number(value);
    // Names in it come in the order of a hash map.
    if (name === 'statusDetail')
      return String(value).replace(/(?<=: ).*/, (names) => names.split(', ').sort().join(', '));
    // Walka's messages are its own words; only that there is one is compared.
    if (MESSAGES.has(name) && typeof value === 'string' && value !== '') return 'a message';
    return value;
  }

  #id(kind: string, value: unknown): unknown {
    const isNone = value === null || value === '' || value === ZERO_UUID || Number(value) === -1 || Number(value) === 0;
    if (isNone && kind !== 'producer') return value;
    if (kind === 'producer' && Number(value) < 0) return Number(value);
    const key = `${kind} ${value}`;
    let id = this.#ids.get(key);
    if (id === undefined) {
      const count = (this.#counts.get(kind) ?? 0) + 1;
      this.#counts.set(kind, count);
      id = `${kind} ${count}`;
      this.#ids.set(key, id);
    }
    return id;
  }

  async #list(values: readonly unknown[], name: string): Promise<unknown[]> {
    // Producers come in no order; those of aborted transactions do.
    const compare = name === 'activeProducers' ? compareProducers : compareElements;
    // A subscription is a set in Kafka, too.
    const sorted = name === 'subscribedTopicNames' ? [...values].sort() : [...values].sort(compare);
    const result: unknown[] = [];
    for (const value of sorted) result.push(await this.normalise(value, name));
    return result;
  }

  async #records(bytes: Buffer): Promise<unknown> {
    const batches: unknown[] = [];
    try {
      for (const at of batchPositions(bytes)) {
        const records = await decodeRecords(bytes, at);
        batches.push({
          baseOffset: batch.baseOffset(bytes, at),
          leaderEpoch: batch.leaderEpoch(bytes, at),
          crcIsValid: batch.verifyCrc(bytes, at),
          attributes: batch.attributes(bytes, at),
          lastOffsetDelta: batch.lastOffsetDelta(bytes, at),
          maxTimestamp: near(batch.maxTimestamp(bytes, at)) ? 'now' : batch.maxTimestamp(bytes, at),
          producerId: await this.normalise(batch.producerId(bytes, at), 'producerId'),
          producerEpoch: batch.producerEpoch(bytes, at),
          baseSequence: batch.baseSequence(bytes, at),
          records: records.map(({ offset, timestampMs, key, value, headers }) => ({
            offset,
            timestampMs: near(timestampMs) ? 'now' : timestampMs,
            key: key?.toString('latin1') ?? null,
            value: value === null ? null : value.length > 64 ? shortened(value) : value.toString('latin1'),
            headers: headers.map((header) => [
              header.key,
              header.value === null ? null : Buffer.from(header.value).toString('latin1'),
            ]),
          })),
        });
      }
    } catch (error) {
      batches.push({ undecodable: String(error), bytes: bytes.length });
    }
    return batches;
  }
}

function shortened(value: Buffer): string {
  return `${value.length} bytes, checksum ${crc32c(value)}`;
}

function near(timeMs: number): boolean {
  return Math.abs(timeMs - Date.now()) < NOW_MS;
}

/**
 * Kafka lists aborted transactions up to the next entry of its index of offsets, which may lie behind what was fetched.
 * Clients have no use for those that begin there.
 */
function withoutExcess(value: object): object {
  const { abortedTransactions: aborted, records } = value as { abortedTransactions?: unknown; records?: unknown };
  if (!Array.isArray(aborted) || !(records instanceof Uint8Array) || records.length === 0) return value;
  const bytes = Buffer.from(records);
  let end = 0;
  // Kafka may cut the last batch off.
  for (let at = 0; at + batch.BATCH_OVERHEAD <= bytes.length; at += batch.sizeInBytes(bytes, at)) {
    end = batch.nextOffset(bytes, at);
  }
  return { ...value, abortedTransactions: aborted.filter(({ firstOffset }) => Number(firstOffset) < end) };
}

function compareProducers(a: unknown, b: unknown): number {
  return Number((a as { producerId: bigint }).producerId) - Number((b as { producerId: bigint }).producerId);
}

function compareElements(a: unknown, b: unknown): number {
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return 0;
  for (const key of SORT_KEYS) {
    const [x, y] = [(a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]];
    if (x === undefined || y === undefined || x === y) continue;
    if (typeof x === 'number' && typeof y === 'number') return x - y;
    return String(x) < String(y) ? -1 : 1;
  }
  return 0;
}
