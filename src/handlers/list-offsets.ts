/**
 * ListOffsets (2), versions 0 to 11: offsets by timestamp or by name.
 *
 * - Timestamps below zero have a meaning: -1 the end that the isolation level lets the client read, -2 the log start,
 *   -3 the record with the largest timestamp (v7), -4 the start of what is local (v8; here everything is), -5 and -6 the
 *   end of what is tiered and the start of what waits for upload (v9, v11; here nothing is, so -1). One that its version
 *   does not know gets UNSUPPORTED_VERSION.
 * - v0 has a list of offsets, the newest first, in place of one: see `offsetsBefore`.
 * - v2 brings the isolation level, which counts for consumers (replica -1) only; v4 leader epochs.
 * - A partition that is asked for twice gets INVALID_REQUEST, once; in v0 it is answered each time. Topics without
 *   partitions are not answered. What the client may not see is answered as it was asked for.
 *
 * Deviations from Apache Kafka: an isolation level that does not exist is INVALID_REQUEST, not an unknown server error;
 * the record with the largest timestamp (-3) is one that is there and has a timestamp; what v0 answers goes by the times of
 * records, where Kafka's goes by those of files.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  type ListOffsetsPartition,
  type ListOffsetsRequest,
  type ListOffsetsTopic,
  readListOffsetsRequest,
} from '../../protocol/generated/list-offsets-request.ts';
import {
  type ListOffsetsPartitionResponse,
  type ListOffsetsResponse,
  type ListOffsetsTopicResponse,
  writeListOffsetsResponse,
} from '../../protocol/generated/list-offsets-response.ts';
import type { Input } from '../../protocol/input.ts';
import { IsolationLevel, type OffsetAndTimestamp, type PartitionLog } from '../partition/types.ts';
import { allows } from './authorize.ts';
import { findPartition } from './find-topic.ts';
import { askedFor } from './topic-batch.ts';
import { Slices } from './slices.ts';
import { handler, type RequestContext } from './types.ts';

/** Timestamps with a meaning of their own, with the version that brought each. */
const Timestamp = {
  LATEST: -1,
  EARLIEST: -2,
  MAX: -3,
  EARLIEST_LOCAL: -4,
  LATEST_TIERED: -5,
  PENDING_UPLOAD: -6,
} as const;
const KNOWN_FROM: ReadonlyMap<number, number> = new Map([
  [Timestamp.LATEST, 0],
  [Timestamp.EARLIEST, 0],
  [Timestamp.MAX, 7],
  [Timestamp.EARLIEST_LOCAL, 8],
  [Timestamp.LATEST_TIERED, 9],
  [Timestamp.PENDING_UPLOAD, 11],
]);
/** Partitions looked at in one turn of the event loop. */
const PARTITIONS_PER_SLICE = 500;
/** First version that carries leader epochs. */
const LEADER_EPOCH_FROM = 4;

/** Replica id of whoever is none. */
const CONSUMER = -1;

const NOTHING: OffsetAndTimestamp = { offset: -1, timestampMs: -1, leaderEpoch: -1 };

type Response = Input<ListOffsetsResponse>;

export const listOffsetsHandler = handler<ListOffsetsRequest, Response>({
  apiKey: ApiKey.ListOffsets,
  minVersion: 0,
  maxVersion: 11,
  readRequest: readListOffsetsRequest,
  writeResponse: writeListOffsetsResponse,
  async handle(context, request) {
    const slices = new Slices(PARTITIONS_PER_SLICE);
    const isolation = isolationOf(request);
    const [allowed, denied] = byRight(context, request.topics);
    const topics: Input<ListOffsetsTopicResponse>[] = denied.map(deniedTopic);
    // A partition that is named twice is refused.
    const asked =
      context.apiVersion === 0
        ? inOrder(allowed)
        : askedFor(allowed, (wanted, isRepeated) => (isRepeated ? null : wanted));
    for (const [name, partitions] of asked) {
      const answers = [];
      for (const [partitionIndex, wanted] of partitions) {
        answers.push(await answerPartition(context, name, partitionIndex, wanted, isolation));
        const pause = slices.spend(1);
        if (pause !== null) await pause;
      }
      topics.push({ name, partitions: answers });
    }
    return { topics };
  },
});

type Topics = ListOffsetsRequest['topics'];

/** Topics of which the client may know, and others. */
function byRight(context: RequestContext, topics: Topics): readonly [allowed: Topics, denied: Topics] {
  if (context.services.authorizer === null) return [topics, []];
  const names = new Set(topics.map(({ name }) => name));
  const seen = new Set([...names].filter((name) => allows(context, 'DESCRIBE', 'TOPIC', name)));
  return [topics.filter(({ name }) => seen.has(name)), topics.filter(({ name }) => !seen.has(name))];
}

function deniedTopic({ name, partitions }: Topics[number]): Input<ListOffsetsTopicResponse> {
  const errorCode = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  return {
    name,
    partitions: partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode,
      timestamp: -1,
      offset: -1,
      leaderEpoch: -1,
    })),
  };
}

type Asked = Iterable<readonly [index: number, wanted: ListOffsetsPartition]>;

function inOrder(topics: readonly ListOffsetsTopic[]): Iterable<readonly [name: string, partitions: Asked]> {
  return topics.map(({ name, partitions }) => [name, partitions.map((one) => [one.partitionIndex, one])]);
}

async function answerPartition(
  context: RequestContext,
  topicName: string,
  partitionIndex: number,
  wanted: ListOffsetsPartition | null,
  isolation: IsolationLevel | null,
): Promise<Input<ListOffsetsPartitionResponse>> {
  const { apiVersion } = context;
  try {
    if (wanted === null || isolation === null) throw new KafkaError(ErrorCode.INVALID_REQUEST);
    const { timestamp, currentLeaderEpoch } = wanted;
    if (timestamp < 0 && apiVersion < (KNOWN_FROM.get(timestamp) ?? Infinity)) {
      throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION);
    }
    const partition = findPartition(context, { name: topicName }, partitionIndex, 'DESCRIBE');
    partition.checkLeaderEpoch(currentLeaderEpoch);
    if (apiVersion === 0) return await offsetsBefore(partition, wanted, context.services.clock.now());
    const found = await lookUp(partition, timestamp, isolation);
    return {
      partitionIndex,
      errorCode: ErrorCode.NONE,
      timestamp: found.timestampMs,
      offset: found.offset,
      leaderEpoch: apiVersion >= LEADER_EPOCH_FROM ? found.leaderEpoch : -1,
    };
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return { partitionIndex, errorCode: error.code, timestamp: -1, offset: -1, leaderEpoch: -1 };
  }
}

/**
 * Where a client of v0 can begin to read what was written before a time, the newest place first: the record that is the
 * first of that time or later, or the end, and the log start. At most as many as were asked for. Where no record has a
 * time, as those of Kafka 0.8 and 0.9, all may be of that time or later, unless it is in the future.
 */
async function offsetsBefore(
  partition: PartitionLog,
  { partitionIndex, timestamp, maxNumOffsets }: ListOffsetsPartition,
  nowMs: number,
): Promise<Input<ListOffsetsPartitionResponse>> {
  if (maxNumOffsets < 0) throw new KafkaError(ErrorCode.INVALID_REQUEST);
  const offsets = [partition.logStartOffset];
  const newest = await newestBefore(partition, timestamp, nowMs);
  if (newest > partition.logStartOffset) offsets.unshift(newest);
  const oldStyleOffsets = offsets.slice(0, maxNumOffsets).map(BigInt);
  return { partitionIndex, errorCode: ErrorCode.NONE, oldStyleOffsets };
}

async function newestBefore(partition: PartitionLog, timestamp: number, nowMs: number): Promise<number> {
  const { logStartOffset, highWatermark } = partition;
  if (timestamp === Timestamp.EARLIEST) return logStartOffset;
  if (timestamp === Timestamp.LATEST) return highWatermark;
  const found = await partition.offsetForTimestamp(timestamp, IsolationLevel.READ_UNCOMMITTED);
  if (found !== null) return found.offset;
  const isUntimed = (await partition.maxTimestamp(IsolationLevel.READ_UNCOMMITTED)) === null;
  return isUntimed && timestamp < nowMs ? logStartOffset : highWatermark;
}

/** What the client may read up to; null for a level that does not exist. Only consumers are held back. */
function isolationOf({ replicaId, isolationLevel }: ListOffsetsRequest): IsolationLevel | null {
  const { READ_UNCOMMITTED, READ_COMMITTED } = IsolationLevel;
  if (isolationLevel !== READ_UNCOMMITTED && isolationLevel !== READ_COMMITTED) return null;
  return replicaId === CONSUMER ? isolationLevel : READ_UNCOMMITTED;
}

async function lookUp(
  partition: PartitionLog,
  timestamp: number,
  isolation: IsolationLevel,
): Promise<OffsetAndTimestamp> {
  if (timestamp === Timestamp.LATEST) {
    if (isolation === IsolationLevel.READ_COMMITTED) await partition.ready();
    const offset = isolation === IsolationLevel.READ_COMMITTED ? partition.lastStableOffset : partition.highWatermark;
    return { offset, timestampMs: -1, leaderEpoch: partition.leaderEpoch };
  }
  if (timestamp === Timestamp.EARLIEST || timestamp === Timestamp.EARLIEST_LOCAL) {
    const offset = partition.logStartOffset;
    return { offset, timestampMs: -1, leaderEpoch: await partition.epochForOffset(offset) };
  }
  if (timestamp === Timestamp.LATEST_TIERED || timestamp === Timestamp.PENDING_UPLOAD) return NOTHING;
  if (timestamp === Timestamp.MAX) return (await partition.maxTimestamp(isolation)) ?? NOTHING;
  return (await partition.offsetForTimestamp(timestamp, isolation)) ?? NOTHING;
}
