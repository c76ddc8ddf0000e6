/** Every API this broker serves, one line each. */
import { apiVersionsHandler } from './api-versions.ts';
import { alterPartitionReassignmentsHandler } from './alter-partition-reassignments.ts';
import { createPartitionsHandler } from './create-partitions.ts';
import { createTopicsHandler } from './create-topics.ts';
import { deleteTopicsHandler } from './delete-topics.ts';
import { describeClusterHandler } from './describe-cluster.ts';
import { describeLogDirsHandler } from './describe-log-dirs.ts';
import { describeTopicPartitionsHandler } from './describe-topic-partitions.ts';
import { electLeadersHandler } from './elect-leaders.ts';
import { listPartitionReassignmentsHandler } from './list-partition-reassignments.ts';
import { metadataHandler } from './metadata.ts';
import { produceHandler } from './produce.ts';
import { fetchHandler } from './fetch.ts';
import { listOffsetsHandler } from './list-offsets.ts';
import { offsetForLeaderEpochHandler } from './offset-for-leader-epoch.ts';
import { deleteRecordsHandler } from './delete-records.ts';
import { initProducerIdHandler } from './init-producer-id.ts';
import { alterConfigsHandler } from './alter-configs.ts';
import { describeConfigsHandler } from './describe-configs.ts';
import { incrementalAlterConfigsHandler } from './incremental-alter-configs.ts';
import type { AnyApiHandler } from './types.ts';

export const handlers: readonly AnyApiHandler[] = [
  apiVersionsHandler(() => handlers),
  alterPartitionReassignmentsHandler,
  createPartitionsHandler,
  createTopicsHandler,
  deleteTopicsHandler,
  describeClusterHandler,
  describeLogDirsHandler,
  describeTopicPartitionsHandler,
  electLeadersHandler,
  listPartitionReassignmentsHandler,
  metadataHandler,
  produceHandler,
  fetchHandler,
  listOffsetsHandler,
  offsetForLeaderEpochHandler,
  deleteRecordsHandler,
  initProducerIdHandler,
  alterConfigsHandler,
  describeConfigsHandler,
  incrementalAlterConfigsHandler,
];
