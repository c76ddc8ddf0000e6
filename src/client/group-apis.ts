/** The APIs that look at groups and administer them. Versions that name topics by their ids are left out. */
import { ApiKey } from '../../protocol/apis.ts';
import { type ListGroupsRequest, writeListGroupsRequest } from '../../protocol/generated/list-groups-request.ts';
import { type ListGroupsResponse, readListGroupsResponse } from '../../protocol/generated/list-groups-response.ts';
import {
  type DescribeGroupsRequest,
  writeDescribeGroupsRequest,
} from '../../protocol/generated/describe-groups-request.ts';
import {
  type DescribeGroupsResponse,
  readDescribeGroupsResponse,
} from '../../protocol/generated/describe-groups-response.ts';
import {
  type ConsumerGroupDescribeRequest,
  writeConsumerGroupDescribeRequest,
} from '../../protocol/generated/consumer-group-describe-request.ts';
import {
  type ConsumerGroupDescribeResponse,
  readConsumerGroupDescribeResponse,
} from '../../protocol/generated/consumer-group-describe-response.ts';
import { type OffsetFetchRequest, writeOffsetFetchRequest } from '../../protocol/generated/offset-fetch-request.ts';
import { type OffsetFetchResponse, readOffsetFetchResponse } from '../../protocol/generated/offset-fetch-response.ts';
import { type OffsetCommitRequest, writeOffsetCommitRequest } from '../../protocol/generated/offset-commit-request.ts';
import {
  type OffsetCommitResponse,
  readOffsetCommitResponse,
} from '../../protocol/generated/offset-commit-response.ts';
import { type DeleteGroupsRequest, writeDeleteGroupsRequest } from '../../protocol/generated/delete-groups-request.ts';
import {
  type DeleteGroupsResponse,
  readDeleteGroupsResponse,
} from '../../protocol/generated/delete-groups-response.ts';
import { type OffsetDeleteRequest, writeOffsetDeleteRequest } from '../../protocol/generated/offset-delete-request.ts';
import {
  type OffsetDeleteResponse,
  readOffsetDeleteResponse,
} from '../../protocol/generated/offset-delete-response.ts';
import type { Api } from './api.ts';

export const LIST_GROUPS: Api<ListGroupsRequest, ListGroupsResponse> = {
  key: ApiKey.ListGroups,
  write: writeListGroupsRequest,
  read: readListGroupsResponse,
};

export const DESCRIBE_GROUPS: Api<DescribeGroupsRequest, DescribeGroupsResponse> = {
  key: ApiKey.DescribeGroups,
  write: writeDescribeGroupsRequest,
  read: readDescribeGroupsResponse,
};

export const CONSUMER_GROUP_DESCRIBE: Api<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse> = {
  key: ApiKey.ConsumerGroupDescribe,
  write: writeConsumerGroupDescribeRequest,
  read: readConsumerGroupDescribeResponse,
};

export const OFFSET_FETCH: Api<OffsetFetchRequest, OffsetFetchResponse> = {
  key: ApiKey.OffsetFetch,
  maxVersion: 9,
  write: writeOffsetFetchRequest,
  read: readOffsetFetchResponse,
};

export const OFFSET_COMMIT: Api<OffsetCommitRequest, OffsetCommitResponse> = {
  key: ApiKey.OffsetCommit,
  maxVersion: 9,
  write: writeOffsetCommitRequest,
  read: readOffsetCommitResponse,
};

export const DELETE_GROUPS: Api<DeleteGroupsRequest, DeleteGroupsResponse> = {
  key: ApiKey.DeleteGroups,
  write: writeDeleteGroupsRequest,
  read: readDeleteGroupsResponse,
};

export const OFFSET_DELETE: Api<OffsetDeleteRequest, OffsetDeleteResponse> = {
  key: ApiKey.OffsetDelete,
  write: writeOffsetDeleteRequest,
  read: readOffsetDeleteResponse,
};
