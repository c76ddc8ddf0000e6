/**
 * DescribeTopicPartitions (75), version 0 (KIP-966): topics and partitions page by page, sorted by topic name.
 *
 * - No topics asked for: all of them. The cursor says where to go on; with a list of topics it must be in the list.
 * - At most `responsePartitionLimit` partitions, bounded by `max.request.partition.size.limit`, at least one.
 * - Topics that do not exist take no part of the limit; they are left out when all were asked for.
 * - Eligible leader replicas are always empty: there is one replica.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  type DescribeTopicPartitionsRequest,
  readDescribeTopicPartitionsRequest,
} from '../../protocol/generated/describe-topic-partitions-request.ts';
import {
  type DescribeTopicPartitionsResponse,
  type DescribeTopicPartitionsResponseTopic,
  writeDescribeTopicPartitionsResponse,
} from '../../protocol/generated/describe-topic-partitions-response.ts';
import type { Input } from '../../protocol/input.ts';
import { isInternalTopic, topicNameProblem } from '../metadata/topic-name.ts';
import type { MetadataStore, Topic } from '../metadata/types.ts';
import { may } from './authorize.ts';
import { topicOperations } from './authorized-operations.ts';
import { findTopic } from './find-topic.ts';
import { handler, type RequestContext } from './types.ts';

type Request = DescribeTopicPartitionsRequest;
type ResponseTopic = Input<DescribeTopicPartitionsResponseTopic>;

export const describeTopicPartitionsHandler = handler<Request, Input<DescribeTopicPartitionsResponse>>({
  apiKey: ApiKey.DescribeTopicPartitions,
  minVersion: 0,
  maxVersion: 0,
  readRequest: readDescribeTopicPartitionsRequest,
  writeResponse: writeDescribeTopicPartitionsResponse,
  handle(context, request) {
    const { cursor } = request;
    const outside = request.topics.length > 0 && !request.topics.some(({ name }) => name === cursor?.topicName);
    if (cursor !== null && (outside || cursor.partitionIndex < 0)) {
      const errorCode = ErrorCode.INVALID_REQUEST;
      return { topics: request.topics.map(({ name }) => ({ name, errorCode })) };
    }
    const page = describePage(context, request);
    return { ...page, topics: [...page.topics, ...deniedTopics(context, request)] };
  },
});

/** Those that were asked for, from the cursor's on, and may not be seen: each page has all of them, behind its own. */
function deniedTopics(context: RequestContext, request: Request): ResponseTopic[] {
  if (request.topics.length === 0) return [];
  return [...namesFrom(request, context.services.metadata)]
    .filter((name) => !may(context, 'DESCRIBE', 'TOPIC', name))
    .map((name) => ({ errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, name }));
}

interface Page {
  readonly topics: readonly ResponseTopic[];
  readonly nextCursor?: { readonly topicName: string; readonly partitionIndex: number };
}

/** What may be seen. */
function describePage(context: RequestContext, request: Request): Page {
  const { metadata, config } = context.services;
  const bound = config.int('max.request.partition.size.limit');
  let remaining = Math.max(Math.min(bound, request.responsePartitionLimit), 1);
  const topics: ResponseTopic[] = [];
  for (const name of namesFrom(request, metadata)) {
    if (!may(context, 'DESCRIBE', 'TOPIC', name)) continue;
    if (remaining === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } };
    const topic = findTopic(context, { name }, 'DESCRIBE');
    if (topic === undefined) {
      topics.push(missingTopic(context, name));
      continue;
    }
    const start = name === request.cursor?.topicName ? request.cursor.partitionIndex : 0;
    const end = Math.min(topic.partitions.length, start + remaining);
    topics.push({
      ...describeTopic(topic, start, end, metadata.nodeId),
      topicAuthorizedOperations: topicOperations(context, name),
    });
    if (end < topic.partitions.length) return { topics, nextCursor: { topicName: name, partitionIndex: end } };
    remaining -= Math.max(end - start, 0);
  }
  return { topics };
}

/** Names of the topics asked for, sorted, from the cursor's on. */
function* namesFrom({ topics, cursor }: Request, metadata: MetadataStore): Iterable<string> {
  const first = cursor?.topicName ?? '';
  if (topics.length > 0) {
    yield* [...new Set(topics.map(({ name }) => name))].filter((name) => name >= first).sort();
    return;
  }
  const all = metadata.topics();
  for (let i = firstFrom(all, first); i < all.length; i++) yield all[i]?.name ?? '';
}

/** Index of the first topic whose name is not below `name`. */
function firstFrom(topics: readonly Topic[], name: string): number {
  let low = 0;
  let high = topics.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((topics[middle]?.name ?? '') < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

function missingTopic(context: RequestContext, name: string): ResponseTopic {
  const valid = topicNameProblem(name) === null;
  return {
    errorCode: valid ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION,
    name,
    isInternal: isInternalTopic(name),
    topicAuthorizedOperations: topicOperations(context, name),
  };
}

function describeTopic(topic: Topic, start: number, end: number, nodeId: number): ResponseTopic {
  const replicas = [nodeId];
  return {
    name: topic.name,
    topicId: topic.id,
    isInternal: topic.isInternal,
    partitions: topic.partitions.slice(start, end).map(({ index, leaderEpoch }) => ({
      partitionIndex: index,
      leaderId: nodeId,
      leaderEpoch,
      replicaNodes: replicas,
      isrNodes: replicas,
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
    })),
  };
}
