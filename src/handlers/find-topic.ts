/**
 * From what a request names to the topic or partition that is meant: the only way from a handler to either, so that
 * whatever decides who may do what to a topic has one place to stand.
 */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { Topic } from '../metadata/types.ts';
import type { PartitionLog } from '../partition/types.ts';
import { requireRight } from './authorize.ts';
import type { RequestContext } from './types.ts';

/** How a request names a topic: newer versions of some APIs do it by id. */
export type TopicKey = { readonly name: string } | { readonly topicId: string };

/** What a request means to do with a topic, in the words of Kafka's AclOperation. */
export type TopicOperation = 'READ' | 'WRITE' | 'DELETE' | 'ALTER' | 'DESCRIBE' | 'DESCRIBE_CONFIGS' | 'ALTER_CONFIGS';

/** The right that it takes; null for who has a right to all topics. */
type TopicRight = TopicOperation | null;

/** The topic, whoever asks: for what looks at the rights itself, as they decide about more than an error. */
export function topicOf({ services }: RequestContext, key: TopicKey): Topic | undefined {
  const { metadata } = services;
  return 'topicId' in key ? metadata.topicById(key.topicId) : metadata.topic(key.name);
}

/** The topic, or undefined if there is none. @throws KafkaError TOPIC_AUTHORIZATION_FAILED, also of one that is not there */
export function findTopic(context: RequestContext, key: TopicKey, operation: TopicRight): Topic | undefined {
  const topic = topicOf(context, key);
  const name = 'topicId' in key ? topic?.name : key.name;
  if (name !== undefined && operation !== null) requireRight(context, operation, 'TOPIC', name);
  return topic;
}

/** The error of a topic that is not there. */
export function unknownTopic(key: TopicKey): KafkaError {
  return new KafkaError('topicId' in key ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
}

/** @throws KafkaError TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID */
export function existingTopic(context: RequestContext, key: TopicKey, operation: TopicRight): Topic {
  const topic = findTopic(context, key, operation);
  if (topic === undefined) throw unknownTopic(key);
  return topic;
}

/** @throws KafkaError TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID */
export function findPartition(
  context: RequestContext,
  key: TopicKey,
  index: number,
  operation: TopicRight,
): PartitionLog {
  const { authorizer, partitions } = context.services;
  if (authorizer !== null) existingTopic(context, key, operation);
  const log = 'topicId' in key ? partitions.getById(key.topicId, index) : partitions.get(key.name, index);
  if (log !== undefined) return log;
  existingTopic(context, key, operation);
  throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
}

/** Whether the topic has a partition of this index. */
export function hasPartition(topic: Topic | undefined, index: number): boolean {
  return topic?.partitions.at(index) !== undefined;
}
