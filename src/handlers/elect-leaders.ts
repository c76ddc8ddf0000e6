/**
 * ElectLeaders (43), versions 0 to 2: with one replica the leader is always the preferred one, so no election is needed.
 *
 * - v1 says which kind of election: 0 preferred, 1 unclean; v0 means preferred. Of no partitions any kind does.
 * - Null partitions: all; those that need no election are left out of that answer, so its topics are empty.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { boundedMessage, ErrorCode } from '../../protocol/errors.ts';
import { type ElectLeadersRequest, readElectLeadersRequest } from '../../protocol/generated/elect-leaders-request.ts';
import {
  type ElectLeadersResponse,
  writeElectLeadersResponse,
} from '../../protocol/generated/elect-leaders-response.ts';
import type { Input } from '../../protocol/input.ts';
import { shown } from '../config/value.ts';
import { allowsCluster, denied } from './authorize.ts';
import { codeFields, type ErrorFields } from './api-error.ts';
import { hasPartition, topicOf } from './find-topic.ts';
import { handler, type RequestContext } from './types.ts';

type Response = Input<ElectLeadersResponse>;

export const electLeadersHandler = handler<ElectLeadersRequest, Response>({
  apiKey: ApiKey.ElectLeaders,
  minVersion: 0,
  maxVersion: 2,
  readRequest: readElectLeadersRequest,
  writeResponse: writeElectLeadersResponse,
  handle(context, request) {
    const { electionType, topicPartitions } = request;
    if (!allowsCluster(context, 'ALTER')) {
      const { code: errorCode, message: errorMessage } = denied('CLUSTER');
      const replicaElectionResults = answer(request, () => ({ errorCode, errorMessage }));
      // v0 has no place for it.
      return context.apiVersion === 0 ? { replicaElectionResults } : { errorCode, replicaElectionResults };
    }
    if (topicPartitions?.length === 0) return { replicaElectionResults: [] };
    if (electionType !== 0 && electionType !== 1) {
      const fields = {
        errorCode: ErrorCode.INVALID_REQUEST,
        errorMessage: `Unknown election type ${electionType}`,
      };
      return { errorCode: fields.errorCode, replicaElectionResults: answer(request, () => fields) };
    }
    if (topicPartitions === null) {
      return { replicaElectionResults: context.services.metadata.topics().map(({ name }) => ({ topic: name })) };
    }
    return { replicaElectionResults: answer(request, (topic, index) => elect(context, topic, index)) };
  },
});

function answer(
  { topicPartitions }: ElectLeadersRequest,
  elect: (topic: string, index: number) => ErrorFields,
): Response['replicaElectionResults'] {
  return (topicPartitions ?? []).map(({ topic, partitions }) => ({
    topic,
    partitionResult: partitions.map((partitionId) => ({ partitionId, ...elect(topic, partitionId) })),
  }));
}

function elect(context: RequestContext, name: string, index: number): ErrorFields {
  const topic = topicOf(context, { name });
  if (hasPartition(topic, index)) return codeFields(ErrorCode.ELECTION_NOT_NEEDED);
  const errorMessage =
    topic === undefined ? `No such topic as ${shown(name)}` : `No such partition as ${name}-${index}`;
  return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: boundedMessage(errorMessage) };
}
