/** Topics that come into being because a client asked for them. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { isInternalTopic, topicNameProblem } from '../metadata/topic-name.ts';
import type { BrokerServices } from './types.ts';

/**
 * Creates topics that are missing, with the broker's defaults; internal ones as Kafka makes them. Resolves when each
 * is there or has failed; failures are logged, as nobody can be told.
 */
export async function autoCreateTopics(services: BrokerServices, names: readonly string[]): Promise<void> {
  await Promise.all(names.filter((name) => topicNameProblem(name) === null).map((name) => autoCreate(services, name)));
}

async function autoCreate({ metadata, logger }: BrokerServices, name: string): Promise<void> {
  try {
    if (isInternalTopic(name)) {
      await metadata.ensureInternalTopic(name);
      return;
    }
    await metadata.createTopic({
      name,
      partitionCount: -1,
      replicationFactor: -1,
      assignments: null,
      configs: new Map(),
    });
    logger.info('topic-auto-created', `Created the topic ${name} for a client that asked for it.`, { topic: name });
  } catch (error) {
    if (error instanceof KafkaError && error.code === ErrorCode.TOPIC_ALREADY_EXISTS) return;
    logger.warn('topic-auto-creation-failed', `Could not create the topic ${name}.`, { topic: name, error });
  }
}
