/** The APIs of topics and groups as a client writes and reads them. */
import { ApiKey } from '../../protocol/apis.ts';
import { writeCreateTopicsRequest } from '../../protocol/generated/create-topics-request.ts';
import { readCreateTopicsResponse } from '../../protocol/generated/create-topics-response.ts';
import { writeDeleteTopicsRequest } from '../../protocol/generated/delete-topics-request.ts';
import { readDeleteTopicsResponse } from '../../protocol/generated/delete-topics-response.ts';
import { writeFindCoordinatorRequest } from '../../protocol/generated/find-coordinator-request.ts';
import { readFindCoordinatorResponse } from '../../protocol/generated/find-coordinator-response.ts';
import { writeHeartbeatRequest } from '../../protocol/generated/heartbeat-request.ts';
import { readHeartbeatResponse } from '../../protocol/generated/heartbeat-response.ts';
import { writeMetadataRequest } from '../../protocol/generated/metadata-request.ts';
import { readMetadataResponse } from '../../protocol/generated/metadata-response.ts';
import { writeOffsetCommitRequest } from '../../protocol/generated/offset-commit-request.ts';
import { readOffsetCommitResponse } from '../../protocol/generated/offset-commit-response.ts';
import { writeOffsetFetchRequest } from '../../protocol/generated/offset-fetch-request.ts';
import { readOffsetFetchResponse } from '../../protocol/generated/offset-fetch-response.ts';
import { writeCreatePartitionsRequest } from '../../protocol/generated/create-partitions-request.ts';
import { readCreatePartitionsResponse } from '../../protocol/generated/create-partitions-response.ts';

export const Metadata = { apiKey: ApiKey.Metadata, write: writeMetadataRequest, read: readMetadataResponse };
export const CreateTopics = {
  apiKey: ApiKey.CreateTopics,
  write: writeCreateTopicsRequest,
  read: readCreateTopicsResponse,
};
export const DeleteTopics = {
  apiKey: ApiKey.DeleteTopics,
  write: writeDeleteTopicsRequest,
  read: readDeleteTopicsResponse,
};
export const FindCoordinator = {
  apiKey: ApiKey.FindCoordinator,
  write: writeFindCoordinatorRequest,
  read: readFindCoordinatorResponse,
};
export const OffsetCommit = {
  apiKey: ApiKey.OffsetCommit,
  write: writeOffsetCommitRequest,
  read: readOffsetCommitResponse,
};
export const OffsetFetch = {
  apiKey: ApiKey.OffsetFetch,
  write: writeOffsetFetchRequest,
  read: readOffsetFetchResponse,
};
export const Heartbeat = { apiKey: ApiKey.Heartbeat, write: writeHeartbeatRequest, read: readHeartbeatResponse };
export const CreatePartitions = {
  apiKey: ApiKey.CreatePartitions,
  write: writeCreatePartitionsRequest,
  read: readCreatePartitionsResponse,
};
