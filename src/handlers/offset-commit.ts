/**
 * OffsetCommit (8), versions 2 to 10: stores how far a group has read.
 *
 * - v2 to v4 may carry a retention time of their own; v6 adds the leader epoch, v7 static members.
 * - v9 tells a missing group (GROUP_ID_NOT_FOUND) from an old generation (ILLEGAL_GENERATION before).
 * - v10 names topics by id; an unknown one is UNKNOWN_TOPIC_ID.
 * - Topics and partitions that do not exist are refused on their own; they come first in the answer, as in Kafka.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { readOffsetCommitRequest } from '../../protocol/generated/offset-commit-request.ts';
import type { OffsetCommitRequest, OffsetCommitRequestTopic } from '../../protocol/generated/offset-commit-request.ts';
import { writeOffsetCommitResponse } from '../../protocol/generated/offset-commit-response.ts';
import type {
  OffsetCommitResponse,
  OffsetCommitResponseTopic,
} from '../../protocol/generated/offset-commit-response.ts';
import type { Input } from '../../protocol/input.ts';
import { findTopic, hasPartition, unknownTopic } from './find-topic.ts';
import { commitOffsets } from '../coordinator/group/offsets/commit.ts';
import { groupCaller } from './group-caller.ts';
import { mergeTopics } from './topic-batch.ts';
import { handler } from './types.ts';
import type { RequestContext } from './types.ts';

/** First version with topic ids. */
const TOPIC_IDS_FROM = 10;

type TopicResponse = Input<OffsetCommitResponseTopic>;

export const offsetCommitHandler = handler<OffsetCommitRequest, Input<OffsetCommitResponse>>({
  apiKey: ApiKey.OffsetCommit,
  minVersion: 2,
  maxVersion: 10,
  readRequest: readOffsetCommitRequest,
  writeResponse: writeOffsetCommitResponse,
  async handle(context, request) {
    const { refused, valid } = sortTopics(context, request.topics);
    if (valid.length === 0) return { topics: merge(refused, []) };
    try {
      const { groups } = context.services;
      const named = { ...request, topics: valid };
      const committed = await groups.write(request.groupId, (env) => commitOffsets(env, groupCaller(context), named));
      return { topics: merge(refused, committed.topics ?? []) };
    } catch (error) {
      // An error of the group is one of every partition that has none of its own.
      if (!(error instanceof KafkaError)) throw error;
      return {
        topics: merge(
          refused,
          valid.map((topic) => refuse(topic, error.code)),
        ),
      };
    }
  },
});

function refuse(topic: OffsetCommitRequestTopic, errorCode: number): TopicResponse {
  const { name, topicId, partitions } = topic;
  return { name, topicId, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) };
}

interface SortedTopics {
  readonly refused: TopicResponse[];
  readonly valid: OffsetCommitRequestTopic[];
}

/** Splits off what does not exist; the rest gets names and ids. */
function sortTopics(context: RequestContext, topics: readonly OffsetCommitRequestTopic[]): SortedTopics {
  const refused: TopicResponse[] = [];
  const valid: OffsetCommitRequestTopic[] = [];
  const byId = context.apiVersion >= TOPIC_IDS_FROM;
  for (const asked of topics) {
    const key = byId ? { topicId: asked.topicId } : { name: asked.name };
    const topic = findTopic(context, key, 'READ');
    if (topic === undefined) {
      refused.push(refuse(asked, unknownTopic(key).code));
      continue;
    }
    const named = { ...asked, name: topic.name, topicId: topic.id };
    const missing = asked.partitions.filter(({ partitionIndex }) => !hasPartition(topic, partitionIndex));
    const present = asked.partitions.filter(({ partitionIndex }) => hasPartition(topic, partitionIndex));
    if (missing.length > 0) {
      refused.push(refuse({ ...named, partitions: missing }, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION));
    }
    if (present.length > 0) valid.push({ ...named, partitions: present });
  }
  return { refused, valid };
}

function merge(refused: readonly TopicResponse[], others: readonly TopicResponse[]): TopicResponse[] {
  return mergeTopics(refused, others, ({ topicId, name }) => `${topicId ?? ''} ${name ?? ''}`);
}
