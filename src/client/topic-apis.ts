/** The APIs that administer topics, configs and brokers. */
import { ApiKey } from '../../protocol/apis.ts';
import { writeCreateTopicsRequest } from '../../protocol/generated/create-topics-request.ts';
import { readCreateTopicsResponse } from '../../protocol/generated/create-topics-response.ts';
import { writeDeleteTopicsRequest } from '../../protocol/generated/delete-topics-request.ts';
import { readDeleteTopicsResponse } from '../../protocol/generated/delete-topics-response.ts';
import { writeCreatePartitionsRequest } from '../../protocol/generated/create-partitions-request.ts';
import { readCreatePartitionsResponse } from '../../protocol/generated/create-partitions-response.ts';
import { writeDescribeConfigsRequest } from '../../protocol/generated/describe-configs-request.ts';
import { readDescribeConfigsResponse } from '../../protocol/generated/describe-configs-response.ts';
import { writeIncrementalAlterConfigsRequest } from '../../protocol/generated/incremental-alter-configs-request.ts';
import { readIncrementalAlterConfigsResponse } from '../../protocol/generated/incremental-alter-configs-response.ts';
import { writeDescribeLogDirsRequest } from '../../protocol/generated/describe-log-dirs-request.ts';
import { readDescribeLogDirsResponse } from '../../protocol/generated/describe-log-dirs-response.ts';
import { api } from './api.ts';

export const CREATE_TOPICS = api(ApiKey.CreateTopics, writeCreateTopicsRequest, readCreateTopicsResponse);

export const DELETE_TOPICS = api(ApiKey.DeleteTopics, writeDeleteTopicsRequest, readDeleteTopicsResponse, {
  maxVersion: 5,
});

export const CREATE_PARTITIONS = api(
  ApiKey.CreatePartitions,
  writeCreatePartitionsRequest,
  readCreatePartitionsResponse,
);

export const DESCRIBE_CONFIGS = api(ApiKey.DescribeConfigs, writeDescribeConfigsRequest, readDescribeConfigsResponse);

export const INCREMENTAL_ALTER_CONFIGS = api(
  ApiKey.IncrementalAlterConfigs,
  writeIncrementalAlterConfigsRequest,
  readIncrementalAlterConfigsResponse,
);

export const DESCRIBE_LOG_DIRS = api(ApiKey.DescribeLogDirs, writeDescribeLogDirsRequest, readDescribeLogDirsResponse);
