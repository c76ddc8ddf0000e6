/** Topics that come into being because a client asked for them. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { isInternalTopic, topicNameProblem } from '../metadata/topic-name.ts';
import type { MutationQuota } from '../security/quotas/mutation-quota.ts';
import { checkBatch } from './topic-batch.ts';
import type { BrokerServices } from './types.ts';

/**
 * Creates topics that are missing, with the broker's defaults; internal ones as Kafka makes them. Resolves when each
 * is there or has failed; failures are logged, as nobody can be told. One request creates no more partitions than
 * CreateTopics would, nor more than the client's quota of changes allows.
 */
export async function autoCreateTopics(
  services: BrokerServices,
  names: readonly string[],
  quota: MutationQuota | null = null,
): Promise<void> {
  const wanted = names.filter((name) => topicNameProblem(name) === null);
  const partitionCount = services.config.int('num.partitions');
  try {
    checkBatch(wanted.map(() => partitionCount));
  } catch (error) {
    const message = `Created none of ${wanted.length} missing topics that one request asked for.`;
    services.logger.warn('topic-auto-creation-failed', message, { error });
    return;
  }
  await Promise.all(wanted.map((name) => autoCreate(services, name, quota)));
}

async function autoCreate(
  { metadata, logger, config }: BrokerServices,
  name: string,
  quota: MutationQuota | null,
): Promise<void> {
  try {
    if (isInternalTopic(name)) {
      await metadata.ensureInternalTopic(name);
      return;
    }
    const topic = { name, partitionCount: -1, replicationFactor: -1, assignments: null, configs: new Map() };
    if (quota !== null) metadata.validateNewTopic(topic);
    quota?.record(config.int('num.partitions'));
    await metadata.createTopic(topic);
    logger.info('topic-auto-created', `Created the topic ${name} for a client that asked for it.`, { topic: name });
  } catch (error) {
    if (error instanceof KafkaError && error.code === ErrorCode.TOPIC_ALREADY_EXISTS) return;
    logger.warn('topic-auto-creation-failed', `Could not create the topic ${name}.`, { topic: name, error });
  }
}
