/** The share group APIs as a client writes and reads them, and a member that uses them. */
import { ApiKey } from '../../protocol/apis.ts';
import { writeShareAcknowledgeRequest } from '../../protocol/generated/share-acknowledge-request.ts';
import {
  readShareAcknowledgeResponse,
  type ShareAcknowledgeResponse,
} from '../../protocol/generated/share-acknowledge-response.ts';
import { writeShareFetchRequest } from '../../protocol/generated/share-fetch-request.ts';
import { readShareFetchResponse, type ShareFetchResponse } from '../../protocol/generated/share-fetch-response.ts';
import { batchPositions, decodeRecordsSync } from '../../protocol/records/iterate.ts';
import { initialize } from '../../src/coordinator/share/operations.ts';
import { coordinatorKey } from '../../src/coordinator/share/coordinator-key.ts';
import type { BrokerServices } from '../../src/handlers/types.ts';
import type { WireClient } from './wire-client.ts';

export const ShareFetch = {
  apiKey: ApiKey.ShareFetch,
  write: writeShareFetchRequest,
  read: readShareFetchResponse,
};
export const ShareAcknowledge = {
  apiKey: ApiKey.ShareAcknowledge,
  write: writeShareAcknowledgeRequest,
  read: readShareAcknowledgeResponse,
};

export type FetchFields = Partial<Parameters<typeof writeShareFetchRequest>[1]>;

/** First and last offset, and the types. */
export type Said = readonly [first: number, last: number, ...types: number[]];

export type FetchedPartition = ShareFetchResponse['responses'][number]['partitions'][number];

/** Makes the state of a share partition begin, as the group coordinator does after the first heartbeat. */
export async function initializeState(
  services: BrokerServices,
  groupId: string,
  topicId: string,
  startOffset = 0,
  partition = 0,
): Promise<void> {
  const key = { groupId, topicId, partition };
  await services.shareStates.ensureReady(coordinatorKey(key));
  await services.shareStates.run(key, (shard) => initialize(shard, key, { stateEpoch: 2, startOffset }));
}

/** A member of a share group that reads one partition. */
export class ShareMember {
  readonly client: WireClient;
  readonly groupId: string;
  readonly memberId: string;
  readonly topicId: string;
  /** Epoch of the next request. */
  epoch = 0;
  version = 2;

  constructor(client: WireClient, topicId: string, memberId = 'member', groupId = 'group') {
    this.client = client;
    this.groupId = groupId;
    this.memberId = memberId;
    this.topicId = topicId;
  }

  #request(fields: FetchFields, said: readonly Said[]): FetchFields {
    const { groupId, memberId, topicId } = this;
    const partitions = [{ partitionIndex: 0, acknowledgementBatches: said.map(batchOf) }];
    return {
      groupId,
      memberId,
      shareSessionEpoch: this.epoch,
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1_000_000,
      maxRecords: 500,
      batchSize: 500,
      topics: [{ topicId, partitions }],
      ...fields,
    };
  }

  /** Fetches, and says something of records with the same request. */
  async fetch(fields: FetchFields = {}, ...said: Said[]): Promise<ShareFetchResponse> {
    const request = this.#request(fields, said);
    const response = await this.client.call(ShareFetch, this.version, request);
    if (response.errorCode === 0) this.epoch = (request.shareSessionEpoch ?? 0) + 1;
    return response;
  }

  /** Sends a fetch without waiting for its answer. */
  startFetch(fields: FetchFields = {}): void {
    this.client.start(ShareFetch, this.version, this.#request(fields, []));
    this.epoch += 1;
  }

  fetched(): Promise<ShareFetchResponse> {
    return this.client.result(ShareFetch, this.version);
  }

  /** Fetches and gives what was acquired, "first-last#count" each. */
  async acquire(fields: FetchFields = {}, ...said: Said[]): Promise<string[]> {
    return acquiredOf(await this.fetch(fields, ...said));
  }

  async acknowledge(...said: Said[]): Promise<number> {
    return onlyError(await this.acknowledgeWith({}, ...said));
  }

  async acknowledgeWith(
    fields: Partial<Parameters<typeof writeShareAcknowledgeRequest>[1]>,
    ...said: Said[]
  ): Promise<ShareAcknowledgeResponse> {
    const { groupId, memberId, topicId } = this;
    const partitions = [{ partitionIndex: 0, acknowledgementBatches: said.map(batchOf) }];
    const request = { groupId, memberId, shareSessionEpoch: this.epoch, topics: [{ topicId, partitions }], ...fields };
    const response = await this.client.call(ShareAcknowledge, this.version, request);
    if (response.errorCode === 0) this.epoch += 1;
    return response;
  }
}

function batchOf([firstOffset, lastOffset, ...acknowledgeTypes]: Said) {
  return { firstOffset, lastOffset, acknowledgeTypes };
}

function onlyError(response: ShareAcknowledgeResponse): number {
  return response.errorCode === 0 ? (response.responses[0]?.partitions[0]?.errorCode ?? -2) : response.errorCode;
}

/** The only partition of an answer, if it is in it. */
export function onlyPartition({ responses }: ShareFetchResponse): FetchedPartition | undefined {
  return responses[0]?.partitions[0];
}

export function acquiredOf(response: ShareFetchResponse): string[] {
  const { acquiredRecords = [] } = onlyPartition(response) ?? {};
  return acquiredRecords.map(({ firstOffset, lastOffset, deliveryCount }) => {
    return `${firstOffset}-${lastOffset}#${deliveryCount}`;
  });
}

/** Offsets of the records in an answer, whether acquired or not. */
export function offsetsOf(response: ShareFetchResponse): number[] {
  const bytes = Buffer.from(onlyPartition(response)?.records ?? []);
  return [...batchPositions(bytes)].flatMap((at) => decodeRecordsSync(bytes, at).map(({ offset }) => offset));
}
