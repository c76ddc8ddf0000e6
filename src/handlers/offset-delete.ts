/**
 * OffsetDelete (47), version 0: forgets committed offsets of topics that the group does not read any more (KIP-496).
 * Topics and partitions that do not exist are UNKNOWN_TOPIC_OR_PARTITION; they come first in the answer, as in Kafka.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { readOffsetDeleteRequest } from '../../protocol/generated/offset-delete-request.ts';
import type { OffsetDeleteRequest, OffsetDeleteRequestTopic } from '../../protocol/generated/offset-delete-request.ts';
import { writeOffsetDeleteResponse } from '../../protocol/generated/offset-delete-response.ts';
import type {
  OffsetDeleteResponse,
  OffsetDeleteResponseTopic,
} from '../../protocol/generated/offset-delete-response.ts';
import type { Input } from '../../protocol/input.ts';
import { deleteOffsets } from '../coordinator/group/offsets/delete.ts';
import { allows } from './authorize.ts';
import { findTopic, hasPartition } from './find-topic.ts';
import { requireGroupId } from './group-caller.ts';
import { mergeTopics } from './topic-batch.ts';
import { handler } from './types.ts';

type TopicResponse = Input<OffsetDeleteResponseTopic>;

export const offsetDeleteHandler = handler<OffsetDeleteRequest, Input<OffsetDeleteResponse>>({
  apiKey: ApiKey.OffsetDelete,
  minVersion: 0,
  maxVersion: 0,
  readRequest: readOffsetDeleteRequest,
  writeResponse: writeOffsetDeleteResponse,
  async handle(context, request) {
    if (!allows(context, 'DELETE', 'GROUP', request.groupId)) {
      return { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
    }
    const refused: TopicResponse[] = [];
    const valid: OffsetDeleteRequestTopic[] = [];
    for (const { name, partitions } of request.topics) {
      if (!allows(context, 'READ', 'TOPIC', name)) {
        refused.push({ name, partitions: partitions.map(deniedPartition) });
        continue;
      }
      const topic = findTopic(context, { name }, 'READ');
      const missing = partitions.filter(({ partitionIndex }) => !hasPartition(topic, partitionIndex));
      const present = partitions.filter(({ partitionIndex }) => hasPartition(topic, partitionIndex));
      if (missing.length > 0) refused.push({ name, partitions: missing.map(unknownPartition) });
      if (present.length > 0) valid.push({ name, partitions: present });
    }
    try {
      requireGroupId(request.groupId);
      const named = { ...request, topics: valid };
      const response = await context.services.groups.write(request.groupId, (env) => deleteOffsets(env, named));
      return { ...response, topics: mergeTopics(refused, response.topics ?? [], ({ name = '' }) => name) };
    } catch (error) {
      if (error instanceof KafkaError) return { errorCode: error.code };
      throw error;
    }
  },
});

interface RefusedPartition {
  readonly partitionIndex: number;
  readonly errorCode: number;
}

function unknownPartition({ partitionIndex }: { readonly partitionIndex: number }): RefusedPartition {
  return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
}

function deniedPartition({ partitionIndex }: { readonly partitionIndex: number }): RefusedPartition {
  return { partitionIndex, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED };
}
