/** What goes to a million partitions and comes from them, some of them in a request. */
import { batchOf, Fetch, Produce } from '../../test/support/data-apis.ts';
import { batchPositions, decodeRecordsSync } from '../../protocol/records/iterate.ts';
import type { WireClient } from '../../test/support/wire-client.ts';

const PER_REQUEST = 100;
const IN_FLIGHT = 8;
const FETCH_VERSION = 12;
const PARTITION_MAX_BYTES = 1024;

export interface Spread {
  readonly topics: number;
  /** Partitions of all topics. */
  readonly total: number;
}

export const topicName = (topic: number): string => `topic-${String(topic).padStart(4, '0')}`;

export function expectNone(errorCode: number | undefined): void {
  if (errorCode !== 0) throw new Error(`error ${errorCode}`);
}

/** Where partition number `i` of all is, in an order in which neighbours are of different topics. */
function scattered({ topics, total }: Spread, i: number): { readonly topic: string; readonly partition: number } {
  const at = (i * 7919) % total;
  return { topic: topicName(at % topics), partition: Math.floor(at / topics) };
}

interface PendingCall {
  start(): void;
  result(): Promise<void>;
}

/** Makes the calls, some at a time; each gives the answer to the one that it starts. */
export async function inFlight(count: number, call: (i: number) => PendingCall): Promise<void> {
  const pending: PendingCall[] = [];
  for (let i = 0; i < count; i++) {
    const one = call(i);
    one.start();
    pending.push(one);
    if (pending.length >= IN_FLIGHT) await pending.shift()?.result();
  }
  for (const one of pending) await one.result();
}

/** Calls for the partitions with the numbers 0 to `count` (exclusive), as many at once as a request has. */
function forEach(
  spread: Spread,
  count: number,
  call: (places: ReturnType<typeof scattered>[]) => PendingCall,
): Promise<void> {
  return inFlight(Math.ceil(count / PER_REQUEST), (i) => {
    const first = i * PER_REQUEST;
    return call(Array.from({ length: Math.min(PER_REQUEST, count - first) }, (_, k) => scattered(spread, first + k)));
  });
}

/** Appends a record to each of so many partitions. */
export async function appendTo(client: WireClient, spread: Spread, count: number): Promise<void> {
  const records = batchOf(['x'.repeat(100)], Date.now());
  await forEach(spread, count, (places) => ({
    start() {
      const topicData = places.map(({ topic, partition }) => ({
        name: topic,
        partitionData: [{ index: partition, records }],
      }));
      client.start(Produce, 9, { acks: -1, timeoutMs: 60_000, topicData });
    },
    async result() {
      for (const { partitionResponses } of (await client.result(Produce, 9)).responses) {
        for (const { errorCode } of partitionResponses) expectNone(errorCode);
      }
    },
  }));
}

/** Records in fetched bytes; the last batch may be cut off. */
function recordsIn(bytes: Buffer | null): number {
  if (bytes === null) return 0;
  let count = 0;
  for (const at of batchPositions(bytes)) {
    count += decodeRecordsSync(bytes.subarray(at, at + 12 + bytes.readInt32BE(at + 8))).length;
  }
  return count;
}

/** Reads each of so many partitions from its start. @throws Error when one does not have `expected` records or more */
export async function readFrom(client: WireClient, spread: Spread, count: number, expected: number): Promise<void> {
  await forEach(spread, count, (places) => ({
    start() {
      const topics = places.map(({ topic, partition }) => ({
        topic,
        partitions: [{ partition, fetchOffset: 0, currentLeaderEpoch: -1, partitionMaxBytes: PARTITION_MAX_BYTES }],
      }));
      client.start(Fetch, FETCH_VERSION, { maxWaitMs: 0, minBytes: 1, maxBytes: 50 * 1024 * 1024, topics });
    },
    async result() {
      const { responses } = await client.result(Fetch, FETCH_VERSION);
      for (const { topic, partitions } of responses) {
        for (const { errorCode, records, partitionIndex } of partitions) {
          expectNone(errorCode);
          const found = recordsIn(records);
          if (found < expected) throw new Error(`${topic}/${partitionIndex}: ${found} records instead of ${expected}`);
        }
      }
    },
  }));
}
