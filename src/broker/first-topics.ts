/** The topics that a broker is started with. */
import { KafkaError } from '../../protocol/errors.ts';
import type { TopicSpec } from '../cli/topic-spec.ts';
import type { MetadataStore, NewTopic } from '../metadata/types.ts';

/** The topic as the metadata takes it. */
export function newTopicOf({ name, partitions, configs }: TopicSpec): NewTopic {
  return {
    name,
    partitionCount: partitions ?? -1,
    replicationFactor: -1,
    assignments: null,
    configs: new Map(Object.entries(configs ?? {}).map(([key, value]) => [key, String(value)])),
  };
}

/** Creates those that do not exist. @throws KafkaError, with the topic's name in its message */
export async function createFirstTopics(metadata: MetadataStore, topics: readonly TopicSpec[]): Promise<void> {
  for (const topic of topics) {
    const { name } = topic;
    if (metadata.topic(name) !== undefined) continue;
    try {
      await metadata.createTopic(newTopicOf(topic));
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      throw new KafkaError(error.code, `topic ${name}: ${error.message}`, { cause: error });
    }
  }
}
