/**
 * CreatePartitions (37), versions 0 to 3: makes topics larger.
 *
 * - Each topic succeeds or fails on its own; more than 10,000 new partitions in one request refuse it as a whole.
 * - Assignments, where given, must name this broker, once for each new partition.
 * - New partitions count against the client's quota of changes; from v3 on topics beyond it get THROTTLING_QUOTA_EXCEEDED
 *   (KIP-599). Else versions differ in encoding only.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  type CreatePartitionsRequest,
  type CreatePartitionsTopic,
  readCreatePartitionsRequest,
} from '../../protocol/generated/create-partitions-request.ts';
import {
  type CreatePartitionsResponse,
  writeCreatePartitionsResponse,
} from '../../protocol/generated/create-partitions-response.ts';
import type { Input } from '../../protocol/input.ts';
import { checkPartitionCount, checkReplicas } from '../metadata/new-topic.ts';
import type { MutationQuota } from '../security/quotas/mutation-quota.ts';
import { may } from './authorize.ts';
import { errorFields, outcome } from './api-error.ts';
import { existingTopic, findTopic } from './find-topic.ts';
import { checkBatch, duplicates, mutationQuota } from './topic-batch.ts';
import { handler, type RequestContext } from './types.ts';

type Response = Input<CreatePartitionsResponse>;

const STRICT_QUOTA_FROM = 3;

export const createPartitionsHandler = handler<CreatePartitionsRequest, Response>({
  apiKey: ApiKey.CreatePartitions,
  minVersion: 0,
  maxVersion: 3,
  readRequest: readCreatePartitionsRequest,
  writeResponse: writeCreatePartitionsResponse,
  handle: grow,
});

async function grow(context: RequestContext, request: CreatePartitionsRequest): Promise<Response> {
  const { services } = context;
  const repeated = duplicates(request.topics.map(({ name }) => name));
  const wanted = request.topics.filter(({ name }) => !repeated.has(name));
  const refused = [...repeated].map((name) => ({
    name,
    errorCode: ErrorCode.INVALID_REQUEST,
    errorMessage: 'Duplicate topic name.',
  }));
  try {
    const seen = wanted.filter(({ name }) => may(context, 'ALTER', 'TOPIC', name));
    const added = seen.map((topic) => topic.count - partitionCount(context, topic));
    checkBatch(added, 'additional partitions');
  } catch (error) {
    const fields = errorFields(error, services);
    return { results: request.topics.map(({ name }) => ({ name, ...fields })) };
  }
  const quota = mutationQuota(context, STRICT_QUOTA_FROM);
  const grown = wanted.map(async (topic) => ({
    name: topic.name,
    ...(await outcome(() => growOne(context, topic, request.validateOnly, quota), services)),
  }));
  const results = [...refused, ...(await Promise.all(grown))];
  return { results, throttleTimeMs: quota?.throttleMs() ?? 0 };
}

/** Of a topic that is not there, as many as are wanted. */
function partitionCount(context: RequestContext, { name, count }: CreatePartitionsTopic): number {
  return findTopic(context, { name }, 'ALTER')?.partitions.length ?? count;
}

async function growOne(
  context: RequestContext,
  topic: CreatePartitionsTopic,
  validateOnly: boolean,
  quota: MutationQuota | null,
): Promise<void> {
  const { metadata } = context.services;
  const { name, count, assignments } = topic;
  const present = existingTopic(context, { name }, 'ALTER');
  checkPartitionCount(present, count);
  const added = count - present.partitions.length;
  if (assignments !== null && assignments.length !== added) {
    throw new KafkaError(
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      `Attempted to add ${added} additional partition(s), but only ${assignments.length} assignment(s) were specified.`,
    );
  }
  // As in Kafka, what is wrong with an assignment counts as a change.
  quota?.record(added);
  for (const { brokerIds } of assignments ?? []) checkReplicas(brokerIds, metadata.nodeId, 1);
  if (!validateOnly) await metadata.createPartitions(name, count);
}
