/**
 * WriteTxnMarkers (27), versions 0 to 2: writes transaction markers into partitions, whatever the transaction coordinator
 * knows: between brokers, and for tools that end a transaction which nobody else ends.
 *
 * - The answer comes when all markers are committed. v2 brings the version of the protocol (KIP-1228): before, the
 *   marker's epoch may be that of the transaction's batches.
 * - A marker with a producer id or epoch of -1, or the version -1, cannot be written: UNKNOWN_SERVER_ERROR, as in Kafka.
 *
 * Deviation from Apache Kafka: a partition that one marker names twice is written twice; Kafka never answers then.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  readWriteTxnMarkersRequest,
  type WritableTxnMarker,
  type WriteTxnMarkersRequest,
} from '../../protocol/generated/write-txn-markers-request.ts';
import {
  type WritableTxnMarkerPartitionResult,
  type WritableTxnMarkerResult,
  type WriteTxnMarkersResponse,
  writeWriteTxnMarkersResponse,
} from '../../protocol/generated/write-txn-markers-response.ts';
import type { Input } from '../../protocol/input.ts';
import type { EndTransactionMarker } from '../partition/types.ts';
import { CLUSTER_NAME } from '../security/authorizer.ts';
import { allowsCluster, may } from './authorize.ts';
import { handler, type RequestContext } from './types.ts';

/** First version that says what version of the transaction protocol the marker is of. */
const TRANSACTION_VERSION_FROM = 2;
/** Stands for no producer id, no epoch and no version. */
const NONE = -1;

export const writeTxnMarkersHandler = handler<WriteTxnMarkersRequest, Input<WriteTxnMarkersResponse>>({
  apiKey: ApiKey.WriteTxnMarkers,
  minVersion: 0,
  maxVersion: 2,
  readRequest: readWriteTxnMarkersRequest,
  writeResponse: writeWriteTxnMarkersResponse,
  async handle(context, request) {
    // Who may neither has the second denial noted, once.
    const isAllowed = may(context, 'ALTER', 'CLUSTER', CLUSTER_NAME) || allowsCluster(context, 'CLUSTER_ACTION');
    if (!isAllowed) return { markers: denied(request) };
    return { markers: merged(await Promise.all(request.markers.map((marker) => writeMarker(context, marker)))) };
  },
});

/** As in Kafka, of each producer the last marker is answered, also one without topics. */
function denied({ markers }: WriteTxnMarkersRequest): WritableTxnMarkerResult[] {
  const byProducer = new Map(markers.map((marker) => [marker.producerId, marker]));
  const errorCode = ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
  return [...byProducer].map(([producerId, { topics }]) => ({
    producerId,
    topics: named(topics).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode })),
    })),
  }));
}

/** As in Kafka one answer of each producer and topic; of a partition that several markers name the last one counts. */
function merged(results: readonly WritableTxnMarkerResult[]): WritableTxnMarkerResult[] {
  const byProducer = new Map<bigint, Map<string, Map<number, WritableTxnMarkerPartitionResult>>>();
  for (const { producerId, topics } of results) {
    for (const { name, partitions } of topics) {
      const byTopic = byProducer.get(producerId) ?? new Map<string, Map<number, WritableTxnMarkerPartitionResult>>();
      byProducer.set(producerId, byTopic);
      const byIndex = byTopic.get(name) ?? new Map<number, WritableTxnMarkerPartitionResult>();
      byTopic.set(name, byIndex);
      for (const partition of partitions) byIndex.set(partition.partitionIndex, partition);
    }
  }
  return [...byProducer].map(([producerId, byTopic]) => ({
    producerId,
    topics: [...byTopic].map(([name, byIndex]) => ({ name, partitions: [...byIndex.values()] })),
  }));
}

function named(topics: WritableTxnMarker['topics']): WritableTxnMarker['topics'] {
  return topics.filter(({ partitionIndexes }) => partitionIndexes.length > 0);
}

async function writeMarker(context: RequestContext, wanted: WritableTxnMarker): Promise<WritableTxnMarkerResult> {
  const { producerId, producerEpoch, coordinatorEpoch, transactionResult } = wanted;
  const marker: EndTransactionMarker = {
    producerId,
    producerEpoch,
    coordinatorEpoch,
    outcome: transactionResult ? 'commit' : 'abort',
    transactionVersion: context.apiVersion >= TRANSACTION_VERSION_FROM ? wanted.transactionVersion : 0,
  };
  const topics = named(wanted.topics).map(async ({ name, partitionIndexes }) => ({
    name,
    partitions: await Promise.all(partitionIndexes.map((index) => writeTo(context, name, index, marker))),
  }));
  return { producerId, topics: await Promise.all(topics) };
}

async function writeTo(
  context: RequestContext,
  topic: string,
  partitionIndex: number,
  marker: EndTransactionMarker,
): Promise<WritableTxnMarkerPartitionResult> {
  try {
    if (!isWritable(marker)) throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR);
    await context.services.markers.writeOnce({ topic, partition: partitionIndex }, marker);
    return { partitionIndex, errorCode: ErrorCode.NONE };
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return { partitionIndex, errorCode: UNSERVED.has(error.code) ? ErrorCode.NOT_LEADER_OR_FOLLOWER : error.code };
  }
}

/** What the coordinator of offsets says of a partition that it does not serve, or not yet. */
const UNSERVED: ReadonlySet<number> = new Set([
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
]);

function isWritable({ producerId, producerEpoch, transactionVersion }: EndTransactionMarker): boolean {
  return producerId !== BigInt(NONE) && producerEpoch !== NONE && transactionVersion !== NONE;
}
