/** The record-carrying APIs as a client writes and reads them. */
import { ApiKey } from '../../protocol/apis.ts';
import { writeApiVersionsRequest } from '../../protocol/generated/api-versions-request.ts';
import { readApiVersionsResponse } from '../../protocol/generated/api-versions-response.ts';
import { writeDeleteRecordsRequest } from '../../protocol/generated/delete-records-request.ts';
import { readDeleteRecordsResponse } from '../../protocol/generated/delete-records-response.ts';
import { writeFetchRequest } from '../../protocol/generated/fetch-request.ts';
import { type FetchResponse, readFetchResponse } from '../../protocol/generated/fetch-response.ts';
import { writeInitProducerIdRequest } from '../../protocol/generated/init-producer-id-request.ts';
import { readInitProducerIdResponse } from '../../protocol/generated/init-producer-id-response.ts';
import { writeListOffsetsRequest } from '../../protocol/generated/list-offsets-request.ts';
import { readListOffsetsResponse } from '../../protocol/generated/list-offsets-response.ts';
import { writeOffsetForLeaderEpochRequest } from '../../protocol/generated/offset-for-leader-epoch-request.ts';
import { readOffsetForLeaderEpochResponse } from '../../protocol/generated/offset-for-leader-epoch-response.ts';
import { writeProduceRequest } from '../../protocol/generated/produce-request.ts';
import { type ProduceResponse, readProduceResponse } from '../../protocol/generated/produce-response.ts';
import { buildBatch } from '../../protocol/records/build.ts';
import type { WireClient } from './wire-client.ts';

export const Produce = { apiKey: ApiKey.Produce, write: writeProduceRequest, read: readProduceResponse };
export const Fetch = { apiKey: ApiKey.Fetch, write: writeFetchRequest, read: readFetchResponse };
export const ListOffsets = {
  apiKey: ApiKey.ListOffsets,
  write: writeListOffsetsRequest,
  read: readListOffsetsResponse,
};
export const OffsetForLeaderEpoch = {
  apiKey: ApiKey.OffsetForLeaderEpoch,
  write: writeOffsetForLeaderEpochRequest,
  read: readOffsetForLeaderEpochResponse,
};
export const DeleteRecords = {
  apiKey: ApiKey.DeleteRecords,
  write: writeDeleteRecordsRequest,
  read: readDeleteRecordsResponse,
};
export const InitProducerId = {
  apiKey: ApiKey.InitProducerId,
  write: writeInitProducerIdRequest,
  read: readInitProducerIdResponse,
};
export const ApiVersions = {
  apiKey: ApiKey.ApiVersions,
  write: writeApiVersionsRequest,
  read: readApiVersionsResponse,
};

/** A batch of records with these values. */
export function batchOf(values: readonly string[], timestampMs = 1_700_000_000_000): Buffer {
  return buildBatch(values.map((value) => ({ key: null, value: Buffer.from(value), timestampMs })));
}

/** A request that writes one partition. */
export function produceRequest(
  name: string,
  index: number,
  records: Buffer | null,
  fields: { readonly acks?: number; readonly timeoutMs?: number; readonly topicId?: string } = {},
): Parameters<typeof writeProduceRequest>[1] {
  const { acks = -1, timeoutMs = 30_000, topicId } = fields;
  const topic = topicId === undefined ? { name } : { topicId };
  return { acks, timeoutMs, topicData: [{ ...topic, partitionData: [{ index, records }] }] };
}

/** The answer for the only partition of a produce response. */
export function onlyProduced(
  response: ProduceResponse,
): ProduceResponse['responses'][number]['partitionResponses'][number] {
  const answer = response.responses[0]?.partitionResponses[0];
  if (answer === undefined) throw new Error('There is no partition in the response');
  return answer;
}

/** Writes records to one partition and gives the base offset. */
export async function produce(client: WireClient, topic: string, index: number, ...values: string[]): Promise<number> {
  const answer = onlyProduced(await client.call(Produce, 9, produceRequest(topic, index, batchOf(values))));
  if (answer.errorCode !== 0) throw new Error(`Produce failed with ${answer.errorCode}`);
  return answer.baseOffset;
}

export interface Wanted {
  readonly partition: number;
  readonly offset?: number;
  readonly maxBytes?: number;
  readonly leaderEpoch?: number;
}

type FetchRequest = Parameters<typeof writeFetchRequest>[1];

/** A request that reads partitions of one topic. */
export function fetchRequest(topic: string, wanted: readonly Wanted[], fields: FetchRequest = {}): FetchRequest {
  const partitions = wanted.map(({ partition, offset = 0, maxBytes = 1024 * 1024, leaderEpoch = -1 }) => ({
    partition,
    fetchOffset: offset,
    partitionMaxBytes: maxBytes,
    currentLeaderEpoch: leaderEpoch,
  }));
  const named = topic.length === 22 ? { topicId: topic } : { topic };
  return { maxWaitMs: 0, minBytes: 1, maxBytes: 50 * 1024 * 1024, topics: [{ ...named, partitions }], ...fields };
}

/** The partitions of a fetch response, of all topics. */
export function fetched(response: FetchResponse): FetchResponse['responses'][number]['partitions'] {
  return response.responses.flatMap(({ partitions }) => partitions);
}
