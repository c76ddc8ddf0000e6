/** The APIs that look at groups and administer them. Versions that name topics by their ids are left out. */
import { ApiKey } from '../../protocol/apis.ts';
import { writeListGroupsRequest } from '../../protocol/generated/list-groups-request.ts';
import { readListGroupsResponse } from '../../protocol/generated/list-groups-response.ts';
import { writeDescribeGroupsRequest } from '../../protocol/generated/describe-groups-request.ts';
import { readDescribeGroupsResponse } from '../../protocol/generated/describe-groups-response.ts';
import { writeConsumerGroupDescribeRequest } from '../../protocol/generated/consumer-group-describe-request.ts';
import { readConsumerGroupDescribeResponse } from '../../protocol/generated/consumer-group-describe-response.ts';
import { writeOffsetFetchRequest } from '../../protocol/generated/offset-fetch-request.ts';
import { readOffsetFetchResponse } from '../../protocol/generated/offset-fetch-response.ts';
import { writeOffsetCommitRequest } from '../../protocol/generated/offset-commit-request.ts';
import { readOffsetCommitResponse } from '../../protocol/generated/offset-commit-response.ts';
import { writeDeleteGroupsRequest } from '../../protocol/generated/delete-groups-request.ts';
import { readDeleteGroupsResponse } from '../../protocol/generated/delete-groups-response.ts';
import { api } from './api.ts';

export const LIST_GROUPS = api(ApiKey.ListGroups, writeListGroupsRequest, readListGroupsResponse);

export const DESCRIBE_GROUPS = api(ApiKey.DescribeGroups, writeDescribeGroupsRequest, readDescribeGroupsResponse);

export const CONSUMER_GROUP_DESCRIBE = api(
  ApiKey.ConsumerGroupDescribe,
  writeConsumerGroupDescribeRequest,
  readConsumerGroupDescribeResponse,
);

export const OFFSET_FETCH = api(ApiKey.OffsetFetch, writeOffsetFetchRequest, readOffsetFetchResponse, {
  maxVersion: 9,
});

export const OFFSET_COMMIT = api(ApiKey.OffsetCommit, writeOffsetCommitRequest, readOffsetCommitResponse, {
  maxVersion: 9,
});

export const DELETE_GROUPS = api(ApiKey.DeleteGroups, writeDeleteGroupsRequest, readDeleteGroupsResponse);
