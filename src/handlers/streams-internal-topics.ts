/** Repartition and changelog topics of streams applications, which the broker makes for them. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { InternalTopic } from '../coordinator/group/streams/configured-topology.ts';
import { errorFields } from './api-error.ts';
import { checkBatch } from './topic-batch.ts';
import type { BrokerServices } from './types.ts';

/** Failures that a member is told of at once. */
const MOST_FAILURES = 3;

/** Resolves when each is there or has failed; gives why, by name. They are tried again with every heartbeat. */
export async function createInternalTopics(
  services: BrokerServices,
  topics: readonly InternalTopic[],
): Promise<ReadonlyMap<string, string>> {
  const failures = new Map<string, string>();
  const failed = ({ name }: InternalTopic, error: unknown): void => {
    failures.set(name, errorFields(error, services).errorMessage ?? String(error));
  };
  const create = async (topic: InternalTopic): Promise<void> => {
    try {
      await createTopic(services, topic);
    } catch (error) {
      if (!(error instanceof KafkaError && error.code === ErrorCode.TOPIC_ALREADY_EXISTS)) failed(topic, error);
    }
  };
  try {
    checkBatch(topics.map(({ partitions }) => partitions));
  } catch (error) {
    for (const topic of topics) failed(topic, error);
    return failures;
  }
  await Promise.all(topics.map(create));
  return failures;
}

async function createTopic({ metadata, logger }: BrokerServices, topic: InternalTopic): Promise<void> {
  const { name, partitions, replicationFactor, configs } = topic;
  await metadata.createTopic({
    name,
    partitionCount: partitions,
    replicationFactor: replicationFactor === 0 ? -1 : replicationFactor,
    assignments: null,
    configs,
  });
  logger.info('streams-topic-created', `Created the topic ${name} for a streams application.`, { topic: name });
}

export function failureText(failures: ReadonlyMap<string, string>): string {
  const shown = [...failures].slice(0, MOST_FAILURES).map(([topic, reason]) => `${topic} (${reason})`);
  const more = failures.size - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
