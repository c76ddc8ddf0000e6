/** The APIs of configs, quotas, features and users of SCRAM as a client writes and reads them. */
import { ApiKey } from '../../protocol/apis.ts';
import { writeAlterUserScramCredentialsRequest } from '../../protocol/generated/alter-user-scram-credentials-request.ts';
import { readAlterUserScramCredentialsResponse } from '../../protocol/generated/alter-user-scram-credentials-response.ts';
import { writeDescribeUserScramCredentialsRequest } from '../../protocol/generated/describe-user-scram-credentials-request.ts';
import { readDescribeUserScramCredentialsResponse } from '../../protocol/generated/describe-user-scram-credentials-response.ts';
import { writeUpdateFeaturesRequest } from '../../protocol/generated/update-features-request.ts';
import { readUpdateFeaturesResponse } from '../../protocol/generated/update-features-response.ts';
import { writeIncrementalAlterConfigsRequest } from '../../protocol/generated/incremental-alter-configs-request.ts';
import { readIncrementalAlterConfigsResponse } from '../../protocol/generated/incremental-alter-configs-response.ts';
import { writeDescribeConfigsRequest } from '../../protocol/generated/describe-configs-request.ts';
import { readDescribeConfigsResponse } from '../../protocol/generated/describe-configs-response.ts';
import { writeAlterClientQuotasRequest } from '../../protocol/generated/alter-client-quotas-request.ts';
import { readAlterClientQuotasResponse } from '../../protocol/generated/alter-client-quotas-response.ts';

export const AlterUserScramCredentials = {
  apiKey: ApiKey.AlterUserScramCredentials,
  write: writeAlterUserScramCredentialsRequest,
  read: readAlterUserScramCredentialsResponse,
};
export const DescribeUserScramCredentials = {
  apiKey: ApiKey.DescribeUserScramCredentials,
  write: writeDescribeUserScramCredentialsRequest,
  read: readDescribeUserScramCredentialsResponse,
};
export const IncrementalAlterConfigs = {
  apiKey: ApiKey.IncrementalAlterConfigs,
  write: writeIncrementalAlterConfigsRequest,
  read: readIncrementalAlterConfigsResponse,
};
export const DescribeConfigs = {
  apiKey: ApiKey.DescribeConfigs,
  write: writeDescribeConfigsRequest,
  read: readDescribeConfigsResponse,
};
export const AlterClientQuotas = {
  apiKey: ApiKey.AlterClientQuotas,
  write: writeAlterClientQuotasRequest,
  read: readAlterClientQuotasResponse,
};
export const UpdateFeatures = {
  apiKey: ApiKey.UpdateFeatures,
  write: writeUpdateFeaturesRequest,
  read: readUpdateFeaturesResponse,
};
