/** The APIs by which a client finds its way in a cluster. */
import { ApiKey } from '../../protocol/apis.ts';
import { writeApiVersionsRequest } from '../../protocol/generated/api-versions-request.ts';
import { readApiVersionsResponse } from '../../protocol/generated/api-versions-response.ts';
import { writeFindCoordinatorRequest } from '../../protocol/generated/find-coordinator-request.ts';
import { readFindCoordinatorResponse } from '../../protocol/generated/find-coordinator-response.ts';
import { writeMetadataRequest } from '../../protocol/generated/metadata-request.ts';
import { readMetadataResponse } from '../../protocol/generated/metadata-response.ts';
import { api } from './api.ts';

/** Version 3: some brokers close the connection on a newer one instead of naming what they serve. */
export const API_VERSIONS = api(ApiKey.ApiVersions, writeApiVersionsRequest, readApiVersionsResponse, {
  maxVersion: 3,
});

export const METADATA = api(ApiKey.Metadata, writeMetadataRequest, readMetadataResponse, {
  minVersion: 1,
  maxVersion: 12,
});

export const FIND_COORDINATOR = api(ApiKey.FindCoordinator, writeFindCoordinatorRequest, readFindCoordinatorResponse, {
  maxVersion: 5,
});
