/** What OffsetCommit and TxnOffsetCommit have in common: each partition has an error of its own. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { CommitTopic } from '../coordinator/group/group.ts';
import type { CommitAnswer } from '../coordinator/group/offsets/new-offsets.ts';
import type { Topic } from '../metadata/types.ts';
import { existingTopic, hasPartition, type TopicKey } from './find-topic.ts';
import { mergeTopics } from './topic-batch.ts';
import type { RequestContext } from './types.ts';

/**
 * Commits what exists, with names and ids; what does not is refused on its own, and comes first in the answer, as in
 * Kafka. An error that `commit` throws is one of every partition that has none of its own.
 */
export async function commitTopics<T extends CommitTopic>(
  context: RequestContext,
  topics: readonly T[],
  isById: boolean,
  commit: (valid: readonly T[]) => Promise<readonly CommitAnswer[]>,
): Promise<CommitAnswer[]> {
  const refused: CommitAnswer[] = [];
  const valid: T[] = [];
  for (const asked of topics) {
    const key = isById ? { topicId: asked.topicId } : { name: asked.name };
    const topic = readable(context, key);
    if (topic instanceof KafkaError) {
      refused.push(refuse(asked, topic.code));
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
  return merge(refused, valid.length === 0 ? [] : await answersOf(valid, commit));
}

/** The topic, or why nothing can be committed for it. */
function readable(context: RequestContext, key: TopicKey): Topic | KafkaError {
  try {
    return existingTopic(context, key, 'READ');
  } catch (error) {
    if (error instanceof KafkaError) return error;
    throw error;
  }
}

/** The same error for every partition. */
export function refuseAll(topics: readonly CommitTopic[], errorCode: number): CommitAnswer[] {
  return topics.map((topic) => refuse(topic, errorCode));
}

async function answersOf<T extends CommitTopic>(
  valid: readonly T[],
  commit: (valid: readonly T[]) => Promise<readonly CommitAnswer[]>,
): Promise<readonly CommitAnswer[]> {
  try {
    return await commit(valid);
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return refuseAll(valid, error.code);
  }
}

function refuse({ name, topicId, partitions }: CommitTopic, errorCode: number): CommitAnswer {
  return { name, topicId, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) };
}

function merge(refused: readonly CommitAnswer[], others: readonly CommitAnswer[]): CommitAnswer[] {
  return mergeTopics(refused, others, ({ topicId, name }) => `${topicId} ${name}`);
}
