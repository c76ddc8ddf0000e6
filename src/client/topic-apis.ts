/** The APIs that administer topics, configs and brokers. */
import { ApiKey } from '../../protocol/apis.ts';
import { type CreateTopicsRequest, writeCreateTopicsRequest } from '../../protocol/generated/create-topics-request.ts';
import {
  type CreateTopicsResponse,
  readCreateTopicsResponse,
} from '../../protocol/generated/create-topics-response.ts';
import { type DeleteTopicsRequest, writeDeleteTopicsRequest } from '../../protocol/generated/delete-topics-request.ts';
import {
  type DeleteTopicsResponse,
  readDeleteTopicsResponse,
} from '../../protocol/generated/delete-topics-response.ts';
import {
  type CreatePartitionsRequest,
  writeCreatePartitionsRequest,
} from '../../protocol/generated/create-partitions-request.ts';
import {
  type CreatePartitionsResponse,
  readCreatePartitionsResponse,
} from '../../protocol/generated/create-partitions-response.ts';
import {
  type DescribeConfigsRequest,
  writeDescribeConfigsRequest,
} from '../../protocol/generated/describe-configs-request.ts';
import {
  type DescribeConfigsResponse,
  readDescribeConfigsResponse,
} from '../../protocol/generated/describe-configs-response.ts';
import {
  type IncrementalAlterConfigsRequest,
  writeIncrementalAlterConfigsRequest,
} from '../../protocol/generated/incremental-alter-configs-request.ts';
import {
  type IncrementalAlterConfigsResponse,
  readIncrementalAlterConfigsResponse,
} from '../../protocol/generated/incremental-alter-configs-response.ts';
import {
  type DescribeLogDirsRequest,
  writeDescribeLogDirsRequest,
} from '../../protocol/generated/describe-log-dirs-request.ts';
import {
  type DescribeLogDirsResponse,
  readDescribeLogDirsResponse,
} from '../../protocol/generated/describe-log-dirs-response.ts';
import type { Api } from './api.ts';

export const CREATE_TOPICS: Api<CreateTopicsRequest, CreateTopicsResponse> = {
  key: ApiKey.CreateTopics,
  write: writeCreateTopicsRequest,
  read: readCreateTopicsResponse,
};

export const DELETE_TOPICS: Api<DeleteTopicsRequest, DeleteTopicsResponse> = {
  key: ApiKey.DeleteTopics,
  maxVersion: 5,
  write: writeDeleteTopicsRequest,
  read: readDeleteTopicsResponse,
};

export const CREATE_PARTITIONS: Api<CreatePartitionsRequest, CreatePartitionsResponse> = {
  key: ApiKey.CreatePartitions,
  write: writeCreatePartitionsRequest,
  read: readCreatePartitionsResponse,
};

export const DESCRIBE_CONFIGS: Api<DescribeConfigsRequest, DescribeConfigsResponse> = {
  key: ApiKey.DescribeConfigs,
  write: writeDescribeConfigsRequest,
  read: readDescribeConfigsResponse,
};

export const INCREMENTAL_ALTER_CONFIGS: Api<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse> = {
  key: ApiKey.IncrementalAlterConfigs,
  write: writeIncrementalAlterConfigsRequest,
  read: readIncrementalAlterConfigsResponse,
};

export const DESCRIBE_LOG_DIRS: Api<DescribeLogDirsRequest, DescribeLogDirsResponse> = {
  key: ApiKey.DescribeLogDirs,
  write: writeDescribeLogDirsRequest,
  read: readDescribeLogDirsResponse,
};
