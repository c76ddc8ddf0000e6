/** The APIs of share groups themselves, as a client writes and reads them. */
import { ApiKey } from '../../protocol/apis.ts';
import { writeAlterShareGroupOffsetsRequest } from '../../protocol/generated/alter-share-group-offsets-request.ts';
import { readAlterShareGroupOffsetsResponse } from '../../protocol/generated/alter-share-group-offsets-response.ts';
import { writeDeleteShareGroupOffsetsRequest } from '../../protocol/generated/delete-share-group-offsets-request.ts';
import { readDeleteShareGroupOffsetsResponse } from '../../protocol/generated/delete-share-group-offsets-response.ts';
import { writeDescribeShareGroupOffsetsRequest } from '../../protocol/generated/describe-share-group-offsets-request.ts';
import { readDescribeShareGroupOffsetsResponse } from '../../protocol/generated/describe-share-group-offsets-response.ts';
import { writeShareGroupDescribeRequest } from '../../protocol/generated/share-group-describe-request.ts';
import { readShareGroupDescribeResponse } from '../../protocol/generated/share-group-describe-response.ts';
import { writeShareGroupHeartbeatRequest } from '../../protocol/generated/share-group-heartbeat-request.ts';
import {
  readShareGroupHeartbeatResponse,
  type ShareGroupHeartbeatResponse,
} from '../../protocol/generated/share-group-heartbeat-response.ts';
import type { WireClient } from './wire-client.ts';

export const ShareGroupHeartbeat = {
  apiKey: ApiKey.ShareGroupHeartbeat,
  write: writeShareGroupHeartbeatRequest,
  read: readShareGroupHeartbeatResponse,
};
export const ShareGroupDescribe = {
  apiKey: ApiKey.ShareGroupDescribe,
  write: writeShareGroupDescribeRequest,
  read: readShareGroupDescribeResponse,
};
export const DescribeShareGroupOffsets = {
  apiKey: ApiKey.DescribeShareGroupOffsets,
  write: writeDescribeShareGroupOffsetsRequest,
  read: readDescribeShareGroupOffsetsResponse,
};
export const AlterShareGroupOffsets = {
  apiKey: ApiKey.AlterShareGroupOffsets,
  write: writeAlterShareGroupOffsetsRequest,
  read: readAlterShareGroupOffsetsResponse,
};
export const DeleteShareGroupOffsets = {
  apiKey: ApiKey.DeleteShareGroupOffsets,
  write: writeDeleteShareGroupOffsetsRequest,
  read: readDeleteShareGroupOffsetsResponse,
};

/** A member of a share group that only beats. */
export class BeatingMember {
  readonly client: WireClient;
  readonly groupId: string;
  readonly memberId: string;
  epoch = 0;

  constructor(client: WireClient, memberId = 'member', groupId = 'group') {
    this.client = client;
    this.memberId = memberId;
    this.groupId = groupId;
  }

  async join(...topics: string[]): Promise<ShareGroupHeartbeatResponse> {
    return this.beat({ memberEpoch: 0, subscribedTopicNames: topics });
  }

  async beat(
    fields: Partial<Parameters<typeof writeShareGroupHeartbeatRequest>[1]> = {},
  ): Promise<ShareGroupHeartbeatResponse> {
    const { groupId, memberId, epoch: memberEpoch } = this;
    const request = { groupId, memberId, memberEpoch, rackId: null, subscribedTopicNames: null, ...fields };
    const response = await this.client.call(ShareGroupHeartbeat, 1, request);
    if (response.errorCode === 0) this.epoch = response.memberEpoch;
    return response;
  }
}

/** The partitions of an assignment of one topic, or null where the answer does not tell. */
export function assignedOf({ assignment }: ShareGroupHeartbeatResponse): readonly number[] | null {
  return assignment === null ? null : assignment.topicPartitions.flatMap(({ partitions }) => partitions);
}
