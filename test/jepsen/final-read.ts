/** Reads what is there when all is quiet, by our own reading of the wire, so that no client's mistake is taken for the broker's. */
import { setTimeout as delay } from 'node:timers/promises';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  baseOffset,
  isControl,
  isTransactional,
  nextOffset,
  producerEpoch,
  producerId,
} from '../../protocol/records/batch.ts';
import { batchPositions, type DecodedRecord, decodeRecordsSync } from '../../protocol/records/iterate.ts';
import { FindCoordinator, OffsetFetch } from '../support/admin-apis.ts';
import { Fetch, fetched, fetchRequest, ListOffsets } from '../support/data-apis.ts';
import type { WireClient } from '../support/wire-client.ts';
import { joinPartition } from './clients/client.ts';
import type { CommittedOffset, FinalRead, Marker, Observation } from './history.ts';

const FETCH_VERSION = 12;
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
const LATEST = -1;
const RETRY_MS = 50;

/** Bytes in front of the type in a marker's key. */
const MARKER_TYPE_AT = 2;
const ABORT_MARKER = 0;

/** How a transaction ends with this control batch. */
function markerOf(batch: Buffer): Marker {
  const type = decodeRecordsSync(batch)[0]?.key?.readInt16BE(MARKER_TYPE_AT);
  return {
    offset: baseOffset(batch, 0),
    producerId: String(producerId(batch, 0)),
    producerEpoch: producerEpoch(batch, 0),
    outcome: type === ABORT_MARKER ? 'abort' : 'commit',
  };
}

/** The offset after the last record that a reader of this isolation may see. */
async function endOffset(client: WireClient, topic: string, index: number, isolationLevel: number): Promise<number> {
  const topics = [{ name: topic, partitions: [{ partitionIndex: index, timestamp: LATEST }] }];
  const answer = await client.call(ListOffsets, 7, { isolationLevel, topics });
  const found = answer.topics[0]?.partitions[0];
  if (found === undefined || found.errorCode !== 0) throw new Error(`ListOffsets: error ${found?.errorCode}`);
  return found.offset;
}

/** Waits until no transaction is open in the partition. @returns false when one still is after `limitMs` */
export async function isStable(client: WireClient, topic: string, index: number, limitMs: number): Promise<boolean> {
  for (const deadline = performance.now() + limitMs; performance.now() < deadline; await delay(RETRY_MS)) {
    const stable = await endOffset(client, topic, index, READ_COMMITTED);
    if (stable === (await endOffset(client, topic, index, READ_UNCOMMITTED))) return true;
  }
  return false;
}

/** The batches of a partition from its start to the end that this isolation sees, and what the broker calls aborted. */
async function readBatches(client: WireClient, topic: string, index: number, isolationLevel: number) {
  const end = await endOffset(client, topic, index, isolationLevel);
  const batches: Buffer[] = [];
  const aborted: Array<{ readonly producerId: bigint; readonly firstOffset: number }> = [];
  for (let offset = 0; offset < end; ) {
    const request = fetchRequest(topic, [{ partition: index, offset }], { isolationLevel, maxWaitMs: 500 });
    const answer = fetched(await client.call(Fetch, FETCH_VERSION, request))[0];
    if (answer === undefined || answer.errorCode !== 0) throw new Error(`Fetch: error ${answer?.errorCode}`);
    aborted.push(...(answer.abortedTransactions ?? []));
    const bytes = answer.records ?? Buffer.alloc(0);
    for (const at of batchPositions(bytes)) {
      if (nextOffset(bytes, at) <= offset) continue;
      batches.push(bytes.subarray(at, at + 12 + bytes.readInt32BE(at + 8)));
      offset = nextOffset(bytes, at);
    }
  }
  return { batches, aborted };
}

type Decode<T> = (record: DecodedRecord, partition: string) => T;

const observation: Decode<Observation> = ({ offset, value }, partition) => ({
  partition,
  offset,
  value: Number(value?.toString()),
});

/** Leaves out what was aborted, as consumers do it: from a transaction's first offset to its marker. */
function committedOf({ batches, aborted }: Awaited<ReturnType<typeof readBatches>>): Buffer[] {
  const starts = new Map<string, { readonly producerId: bigint; readonly firstOffset: number }>();
  for (const one of aborted) starts.set(`${one.producerId} ${one.firstOffset}`, one);
  const upcoming = [...starts.values()].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<bigint>();
  const committed: Buffer[] = [];
  for (const batch of batches) {
    while (upcoming[0] !== undefined && upcoming[0].firstOffset < nextOffset(batch, 0)) {
      open.add(upcoming[0].producerId);
      upcoming.shift();
    }
    const producer = producerId(batch, 0);
    if (isControl(batch, 0)) {
      if (markerOf(batch).outcome === 'abort') open.delete(producer);
    } else if (!(isTransactional(batch, 0) && open.has(producer))) committed.push(batch);
  }
  return committed;
}

/** Everything of one partition, each record as `decode` makes it. */
export async function readRecords<T>(client: WireClient, topic: string, index: number, decode: Decode<T>) {
  const partition = joinPartition(topic, index);
  const toRecords = (batch: Buffer) => decodeRecordsSync(batch).map((record) => decode(record, partition));
  const all = (await readBatches(client, topic, index, READ_UNCOMMITTED)).batches;
  const committed = committedOf(await readBatches(client, topic, index, READ_COMMITTED));
  return {
    records: all.filter((batch) => !isControl(batch, 0)).flatMap(toRecords),
    committed: committed.flatMap(toRecords),
    markers: all.filter((batch) => isControl(batch, 0)).map(markerOf),
    firstOffset: all[0] === undefined ? 0 : baseOffset(all[0], 0),
  };
}

/** As `readRecords`, of records whose values are numbers. @throws Error when it does not start with offset 0 */
export async function readPartition(client: WireClient, topic: string, index: number): Promise<FinalRead> {
  const partition = joinPartition(topic, index);
  const { firstOffset, ...read } = await readRecords(client, topic, index, observation);
  if (firstOffset !== 0) throw new Error(`${partition} begins with ${firstOffset}`);
  return { kind: 'final', partition, ...read };
}

const WAIT_FOR = new Set<number>([
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.UNSTABLE_OFFSET_COMMIT,
]);

/** A group's stable offsets; waits out transactions and loading. */
export async function fetchOffsets(
  client: WireClient,
  groupId: string,
  topic: { readonly name: string; readonly partitions: number },
  limitMs: number,
): Promise<CommittedOffset[]> {
  const partitionIndexes = Array.from({ length: topic.partitions }, (_, index) => index);
  const request = { groupId, topics: [{ name: topic.name, partitionIndexes }], requireStable: true };
  for (const deadline = performance.now() + limitMs; ; await delay(RETRY_MS)) {
    await client.call(FindCoordinator, 3, { key: groupId, keyType: 0 });
    const answer = await client.call(OffsetFetch, 7, request);
    const partitions = answer.topics[0]?.partitions ?? [];
    const error = [answer.errorCode, ...partitions.map(({ errorCode }) => errorCode)].find((code) => code !== 0);
    if (error === undefined) {
      return partitions.map(({ partitionIndex, committedOffset }) => ({
        partition: joinPartition(topic.name, partitionIndex),
        offset: committedOffset,
      }));
    }
    if (!WAIT_FOR.has(error) || performance.now() > deadline) throw new Error(`OffsetFetch: error ${error}`);
  }
}
