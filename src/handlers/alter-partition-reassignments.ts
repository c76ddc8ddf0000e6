/**
 * AlterPartitionReassignments (45), versions 0 and 1: with one broker a partition can only stay where it is.
 *
 * - Replicas that are just this broker are accepted and change nothing; any others are INVALID_REPLICA_ASSIGNMENT.
 * - Null replicas would cancel a reassignment; there never is one.
 * - v1 says whether the replication factor may change (KIP-860); here it cannot.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  type AlterPartitionReassignmentsRequest,
  readAlterPartitionReassignmentsRequest,
  type ReassignablePartition,
} from '../../protocol/generated/alter-partition-reassignments-request.ts';
import {
  type AlterPartitionReassignmentsResponse,
  writeAlterPartitionReassignmentsResponse,
} from '../../protocol/generated/alter-partition-reassignments-response.ts';
import type { Input } from '../../protocol/input.ts';
import { checkReplicas } from '../metadata/new-topic.ts';
import { allowsCluster, denied } from './authorize.ts';
import { errorFields, NO_ERROR, type ErrorFields } from './api-error.ts';
import { topicOf } from './find-topic.ts';
import { handler, type RequestContext } from './types.ts';

export const alterPartitionReassignmentsHandler = handler<
  AlterPartitionReassignmentsRequest,
  Input<AlterPartitionReassignmentsResponse>
>({
  apiKey: ApiKey.AlterPartitionReassignments,
  minVersion: 0,
  maxVersion: 1,
  readRequest: readAlterPartitionReassignmentsRequest,
  writeResponse: writeAlterPartitionReassignmentsResponse,
  handle(context, { topics, allowReplicationFactorChange }) {
    if (!allowsCluster(context, 'ALTER')) {
      const { code: errorCode, message: errorMessage } = denied('CLUSTER');
      const responses = answer(topics, () => ({ errorCode, errorMessage }));
      return { allowReplicationFactorChange, errorCode, errorMessage, responses };
    }
    const responses = answer(topics, (name, partition) => reassign(context, name, partition));
    return { allowReplicationFactorChange, errorMessage: null, responses };
  },
});

/** What is said of each partition. */
function answer(
  topics: AlterPartitionReassignmentsRequest['topics'],
  reassigned: (name: string, partition: ReassignablePartition) => ErrorFields,
): Input<AlterPartitionReassignmentsResponse>['responses'] {
  return topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((partition) => ({
      partitionIndex: partition.partitionIndex,
      ...reassigned(name, partition),
    })),
  }));
}

function reassign(context: RequestContext, name: string, partition: ReassignablePartition): ErrorFields {
  try {
    checkReassignment(context, name, partition);
    return NO_ERROR;
  } catch (error) {
    return errorFields(error, context.services);
  }
}

function checkReassignment(context: RequestContext, name: string, partition: ReassignablePartition): void {
  const { partitionIndex, replicas } = partition;
  const topic = topicOf(context, { name });
  if (topic === undefined) {
    throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `Unable to find a topic named ${name}.`);
  }
  if (topic.partitions.at(partitionIndex) === undefined) {
    const message = `Unable to find partition ${name}:${partitionIndex}.`;
    throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message);
  }
  if (replicas === null) throw new KafkaError(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS);
  checkReplicas(replicas, context.services.metadata.nodeId, null);
}
