/** The topics of a broker as a program sees, makes and deletes them. */
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { createFirstTopics } from '../../broker/first-topics.ts';
import type { TopicSpec } from '../../cli/topic-spec.ts';
import type { BrokerServices } from '../../handlers/types.ts';
import type { PartitionLog } from '../../partition/types.ts';
import { missingTopic } from '../missing-topic.ts';
import { checkTopic } from '../options.ts';

export interface TopicInfo {
  readonly name: string;
  /** As clients see it: 22 characters of base64. */
  readonly id: string;
  /** Number of partitions. */
  readonly partitions: number;
  /** What is set for this topic, by Kafka's names; defaults are left out. */
  readonly configs: Readonly<Record<string, string>>;
}

/** Where the records of a partition begin and end. */
export interface PartitionOffsets {
  readonly partition: number;
  /** Offset of the first record that is there. */
  readonly start: number;
  /** Exclusive: offset of the next record. Kafka's high watermark. */
  readonly end: number;
  /** Exclusive: `end`, or the first record of the oldest open transaction. */
  readonly stableEnd: number;
}

/** Sorted by name. Those that the broker keeps its own state in are left out. */
export function listTopics({ metadata }: BrokerServices): TopicInfo[] {
  return metadata
    .topics()
    .filter(({ isInternal }) => !isInternal)
    .map(({ name, id, partitions, configs }) => ({
      name,
      id,
      partitions: partitions.length,
      configs: Object.fromEntries(configs),
    }));
}

/** By partition. @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION */
export async function topicOffsets(
  { metadata, partitions }: BrokerServices,
  name: string,
): Promise<PartitionOffsets[]> {
  const topic = metadata.topic(name);
  if (topic === undefined) throw missingTopic(metadata, name);
  const logs = topic.partitions.map(({ index }) => partitions.getById(topic.id, index));
  return await Promise.all(logs.filter((log) => log !== undefined).map(offsetsOf));
}

async function offsetsOf(log: PartitionLog): Promise<PartitionOffsets> {
  await log.ready();
  const { index: partition, logStartOffset: start, highWatermark: end, lastStableOffset: stableEnd } = log;
  return { partition, start, end, stableEnd };
}

/** @throws ConfigError; KafkaError TOPIC_ALREADY_EXISTS, INVALID_TOPIC_EXCEPTION, INVALID_CONFIG… */
export async function createTopic({ metadata }: BrokerServices, given: string | TopicSpec): Promise<void> {
  const topic = typeof given === 'string' ? { name: given } : given;
  checkTopic(topic, 'createTopic');
  if (metadata.topic(topic.name) !== undefined) {
    throw new KafkaError(ErrorCode.TOPIC_ALREADY_EXISTS, `The topic ${topic.name} exists already.`);
  }
  await createFirstTopics(metadata, [topic]);
}

/** @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION */
export async function deleteTopic({ metadata }: BrokerServices, name: string): Promise<void> {
  if (metadata.topic(name) === undefined) throw missingTopic(metadata, name);
  await metadata.deleteTopic(name);
}
