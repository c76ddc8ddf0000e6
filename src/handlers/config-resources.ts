/** Changing the configs of several resources: what AlterConfigs and IncrementalAlterConfigs have in common. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import {
  validateBrokerConfigs,
  validateClientMetricsConfigs,
  validateGroupConfigs,
  validateTopicConfigs,
} from '../config/validate.ts';
import { shown } from '../config/value.ts';
import { checkTopicName } from '../metadata/topic-name.ts';
import { type AlterConfigs, ConfigResourceType } from '../metadata/types.ts';
import { configsRefusal } from './config-rights.ts';
import { codeFields, errorFields, type ErrorFields, outcome } from './api-error.ts';
import { findTopic } from './find-topic.ts';
import { ConfigOperation, type SettingChange } from './setting-change.ts';
import { duplicates } from './topic-batch.ts';
import type { RequestContext } from './types.ts';

/** A resource and what is to become of its configs. */
export interface ResourceChange {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly changes: readonly SettingChange[];
}

export interface ResourceResult extends ErrorFields {
  readonly resourceType: number;
  readonly resourceName: string;
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message);
}

function keyOf({ resourceType, resourceName }: ResourceChange): string {
  return `${resourceType} ${resourceName}`;
}

/**
 * Runs `alter` for each resource that occurs once and whose changes are well formed, unless `refuse` has something against
 * it; answers in their order.
 */
export async function alterResources(
  context: RequestContext,
  resources: readonly ResourceChange[],
  alter: (resource: ResourceChange) => Promise<void>,
  refuse: (context: RequestContext, resource: ResourceChange) => ErrorFields | null = withoutRight,
): Promise<ResourceResult[]> {
  const { services } = context;
  const repeated = duplicates(resources.map(keyOf));
  const resultOf = async (resource: ResourceChange): Promise<ErrorFields> => {
    const isRepeated = repeated.has(keyOf(resource));
    // As in Kafka, who has no right learns it after what is wrong with the request.
    const problem = isRepeated ? 'Each resource must appear at most once.' : problemOf(resource.changes);
    if (problem !== null) return errorFields(invalid(problem), services);
    return refuse(context, resource) ?? (await outcome(() => alter(resource), services));
  };
  const results = resources.map(async (resource) => {
    const { resourceType, resourceName } = resource;
    return { resourceType, resourceName, ...(await resultOf(resource)) };
  });
  return Promise.all(results);
}

/** What who may not change them is told; as in Kafka, without a text for a broker and its loggers. */
export function withoutRight(
  context: RequestContext,
  { resourceType, resourceName }: ResourceChange,
): ErrorFields | null {
  const errorCode = configsRefusal(context, 'ALTER_CONFIGS', resourceType, resourceName);
  if (errorCode === ErrorCode.NONE) return null;
  const isOfBroker = resourceType === ConfigResourceType.BROKER || resourceType === ConfigResourceType.BROKER_LOGGER;
  return isOfBroker ? { errorCode, errorMessage: null } : codeFields(errorCode);
}

function problemOf(changes: readonly SettingChange[]): string | null {
  if (duplicates(changes.map(({ name }) => name)).size > 0) return 'Error due to duplicate config keys';
  const nulls = changes.filter(({ operation, value }) => operation !== ConfigOperation.DELETE && value === null);
  return nulls.length === 0
    ? null
    : `Null value not supported for : ${nulls.map(({ name }) => shown(name)).join(', ')}`;
}

/**
 * Changes one stored resource, or only checks whether it could be changed. The new configs are checked as a whole.
 * @throws KafkaError INVALID_REQUEST, INVALID_CONFIG, INVALID_TOPIC_EXCEPTION, UNKNOWN_TOPIC_OR_PARTITION,
 *   KAFKA_STORAGE_ERROR
 */
export async function alterResource(
  context: RequestContext,
  { resourceType, resourceName }: ResourceChange,
  next: AlterConfigs,
  validateOnly: boolean,
): Promise<void> {
  const { metadata, config, tls } = context.services;
  checkResource(resourceType, resourceName, metadata.nodeId);
  const alter: AlterConfigs = (current) => checkConfigs(resourceType, resourceName, next(current), config);
  // Files are read for that: between this look and the change there may be another one, of which the log tells then.
  if (tls !== null && resourceType === ConfigResourceType.BROKER && resourceName !== '') {
    await tls.check(alter(metadata.dynamicConfigs(resourceType, storedName(resourceType, resourceName))));
  }
  if (resourceType === ConfigResourceType.TOPIC) {
    const topic = findTopic(context, { name: resourceName }, 'ALTER_CONFIGS');
    // Like Kafka: what is wrong with the settings is told even if the topic does not exist.
    if (topic === undefined || validateOnly) alter(topic?.configs ?? new Map());
    if (topic === undefined) {
      throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${resourceName}' does not exist.`);
    }
    if (!validateOnly) await metadata.alterTopicConfigs(resourceName, alter);
  } else if (validateOnly) {
    alter(metadata.dynamicConfigs(resourceType, storedName(resourceType, resourceName)));
  } else {
    await metadata.alterDynamicConfigs(resourceType, storedName(resourceType, resourceName), alter);
  }
}

/** `+1` and `01` name broker 1. */
function storedName(resourceType: number, resourceName: string): string {
  return resourceType === ConfigResourceType.BROKER && resourceName !== ''
    ? String(Number(resourceName))
    : resourceName;
}

function checkResource(resourceType: number, resourceName: string, nodeId: number): void {
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      if (resourceName === '') throw invalid('Default topic resources are not allowed.');
      return checkTopicName(resourceName);
    case ConfigResourceType.BROKER:
      if (resourceName === '') return;
      if (!/^[+-]?\d+$/.test(resourceName))
        throw invalid(`Node id must be an integer, but it is: ${shown(resourceName)}`);
      if (Number(resourceName) !== nodeId) {
        throw invalid(`Unexpected broker id, expected ${nodeId}, but received ${resourceName}`);
      }
      return;
    case ConfigResourceType.GROUP:
      if (resourceName === '') throw invalid('Default group resources are not allowed.');
      return;
    case ConfigResourceType.CLIENT_METRICS:
      if (resourceName === '') throw invalid("Subscription name can't be empty");
      return;
    default:
      throw invalid(`Unknown resource type ${resourceType}`);
  }
}

function checkConfigs(
  resourceType: number,
  resourceName: string,
  configs: ReadonlyMap<string, string>,
  config: BrokerConfig,
): Map<string, string> {
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      return validateTopicConfigs(configs, config);
    case ConfigResourceType.BROKER:
      return checkBrokerConfigs(configs, resourceName === '' ? null : config.nodeId, config);
    case ConfigResourceType.GROUP:
      return validateGroupConfigs(configs, config);
    default:
      return validateClientMetricsConfigs(configs);
  }
}

/** Kafka calls a bad value of a broker's setting a bad request (KAFKA-13609). */
function checkBrokerConfigs(
  configs: ReadonlyMap<string, string>,
  brokerId: number | null,
  config: BrokerConfig,
): Map<string, string> {
  try {
    return validateBrokerConfigs(configs, brokerId, config);
  } catch (error) {
    if (!(error instanceof KafkaError) || error.code !== ErrorCode.INVALID_CONFIG) throw error;
    throw new KafkaError(ErrorCode.INVALID_REQUEST, error.message, { cause: error });
  }
}
