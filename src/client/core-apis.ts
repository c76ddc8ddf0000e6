/** The APIs by which a client finds its way in a cluster. */
import { ApiKey } from '../../protocol/apis.ts';
import { type ApiVersionsRequest, writeApiVersionsRequest } from '../../protocol/generated/api-versions-request.ts';
import { type ApiVersionsResponse, readApiVersionsResponse } from '../../protocol/generated/api-versions-response.ts';
import {
  type FindCoordinatorRequest,
  writeFindCoordinatorRequest,
} from '../../protocol/generated/find-coordinator-request.ts';
import {
  type FindCoordinatorResponse,
  readFindCoordinatorResponse,
} from '../../protocol/generated/find-coordinator-response.ts';
import { type MetadataRequest, writeMetadataRequest } from '../../protocol/generated/metadata-request.ts';
import { type MetadataResponse, readMetadataResponse } from '../../protocol/generated/metadata-response.ts';
import type { Api } from './api.ts';

/** Version 3: some brokers close the connection on a newer one instead of naming what they serve. */
export const API_VERSIONS: Api<ApiVersionsRequest, ApiVersionsResponse> = {
  key: ApiKey.ApiVersions,
  maxVersion: 3,
  write: writeApiVersionsRequest,
  read: readApiVersionsResponse,
};

export const METADATA: Api<MetadataRequest, MetadataResponse> = {
  key: ApiKey.Metadata,
  minVersion: 1,
  maxVersion: 12,
  write: writeMetadataRequest,
  read: readMetadataResponse,
};

export const FIND_COORDINATOR: Api<FindCoordinatorRequest, FindCoordinatorResponse> = {
  key: ApiKey.FindCoordinator,
  maxVersion: 5,
  write: writeFindCoordinatorRequest,
  read: readFindCoordinatorResponse,
};
