/**
 * DescribeConfigs (32), versions 0 to 4: settings of topics, brokers, loggers, groups and client-metrics subscriptions,
 * each with its value, where that comes from and what lies below it.
 *
 * - Null or no keys: all; keys that do not exist are left out.
 * - BROKER by this node's id, or '' for the dynamic settings of all brokers.
 * - A group or client-metrics subscription that does not exist has the defaults.
 * - Passwords have no value. v0 tells whether a value is the default, later versions where it comes from. v3 adds types and, where asked for, documentation.
 *
 * Where there is no message it is empty, not null, as in Kafka. Unlike Kafka: the only logger is `root`, and an answer
 * has a bound.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  type DescribeConfigsRequest,
  type DescribeConfigsResource,
  readDescribeConfigsRequest,
} from '../../protocol/generated/describe-configs-request.ts';
import {
  type DescribeConfigsResourceResult,
  type DescribeConfigsResponse,
  type DescribeConfigsResult,
  writeDescribeConfigsResponse,
} from '../../protocol/generated/describe-configs-response.ts';
import type { Input } from '../../protocol/input.ts';
import {
  type ConfigEntry,
  ConfigSource,
  describeBrokerConfigs,
  describeClientMetricsConfigs,
  describeClusterDefaults,
  describeGroupConfigs,
  describeTopicConfigs,
} from '../config/describe.ts';
import { shown } from '../config/value.ts';
import { checkTopicName } from '../metadata/topic-name.ts';
import { ConfigResourceType } from '../metadata/types.ts';
import { configsRefusal } from './config-rights.ts';
import { AnswerBound } from './answer-bound.ts';
import { codeFields, errorFields } from './api-error.ts';
import { describeLoggers } from './broker-loggers.ts';
import { existingTopic } from './find-topic.ts';
import { Slices } from './slices.ts';
import { handler, type RequestContext } from './types.ts';

/** Settings described in one turn of the event loop. */
const SETTINGS_PER_SLICE = 2000;

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(ConfigResourceType));

export const describeConfigsHandler = handler<DescribeConfigsRequest, Input<DescribeConfigsResponse>>({
  apiKey: ApiKey.DescribeConfigs,
  minVersion: 0,
  maxVersion: 4,
  readRequest: readDescribeConfigsRequest,
  writeResponse: writeDescribeConfigsResponse,
  handle(context, request) {
    const { resources } = request;
    if (resources.every(({ resourceType }) => KNOWN_TYPES.has(resourceType))) return describe(context, request);
    const fields = codeFields(ErrorCode.INVALID_REQUEST);
    return {
      results: resources.map(({ resourceType, resourceName }) => ({ resourceType, resourceName, ...fields })),
    };
  },
});

async function describe(
  context: RequestContext,
  request: DescribeConfigsRequest,
): Promise<Input<DescribeConfigsResponse>> {
  const slices = new Slices(SETTINGS_PER_SLICE);
  const bound = new AnswerBound();
  const results: Input<DescribeConfigsResult>[] = [];
  for (const resource of request.resources) {
    const result = describeResource(context, request, resource, bound);
    results.push(result);
    const pause = slices.spend(1 + (result.configs?.length ?? 0));
    if (pause !== null) await pause;
  }
  return { results };
}

function describeResource(
  context: RequestContext,
  request: DescribeConfigsRequest,
  { resourceType, resourceName, configurationKeys }: DescribeConfigsResource,
  bound: AnswerBound,
): Input<DescribeConfigsResult> {
  if (bound.isReached) return { resourceType, resourceName, ...codeFields(ErrorCode.INVALID_REQUEST) };
  const keys = configurationKeys === null || configurationKeys.length === 0 ? null : new Set(configurationKeys);
  const refusal = configsRefusal(context, 'DESCRIBE_CONFIGS', resourceType, resourceName);
  if (refusal !== ErrorCode.NONE) return { resourceType, resourceName, ...codeFields(refusal) };
  try {
    const entries = entriesOf(context, resourceType, resourceName);
    const configs = entries
      .filter(({ name }) => keys === null || keys.has(name))
      .map((one) => toResult(one, request, context.apiVersion));
    for (const one of configs) bound.add(byteLengthOf(one));
    return { resourceType, resourceName, errorCode: ErrorCode.NONE, errorMessage: '', configs };
  } catch (error) {
    const fields = errorFields(error, context.services);
    return { resourceType, resourceName, ...fields, errorMessage: fields.errorMessage ?? '' };
  }
}

function toResult(
  entry: ConfigEntry,
  request: DescribeConfigsRequest,
  apiVersion: number,
): Input<DescribeConfigsResourceResult> {
  return {
    name: entry.name,
    value: entry.value,
    readOnly: entry.readOnly,
    isDefault: apiVersion === 0 && entry.source === ConfigSource.DEFAULT_CONFIG,
    configSource: entry.source,
    isSensitive: entry.sensitive,
    synonyms: request.includeSynonyms ? entry.synonyms : [],
    configType: entry.type,
    // Kafka gives that of a logger, which has none, in any case.
    documentation: request.includeDocumentation || entry.documentation === '' ? entry.documentation : null,
  };
}

/** About what a setting takes in the answer. */
function byteLengthOf({ name, value, synonyms, documentation }: ReturnType<typeof toResult>): number {
  const texts = (name?.length ?? 0) + (value?.length ?? 0) + (documentation?.length ?? 0);
  return 16 + texts + 64 * (synonyms?.length ?? 0);
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message);
}

function entriesOf(context: RequestContext, type: number, name: string): readonly ConfigEntry[] {
  const { services } = context;
  const { config, metadata } = services;
  switch (type) {
    case ConfigResourceType.TOPIC:
      checkTopicName(name);
      return describeTopicConfigs(config, existingTopic(context, { name }, 'DESCRIBE_CONFIGS').configs);
    case ConfigResourceType.BROKER:
      if (name === '') return describeClusterDefaults(config);
      checkBrokerId(name, metadata.nodeId, ' or empty string,');
      return describeBrokerConfigs(config);
    case ConfigResourceType.BROKER_LOGGER:
      if (name === '') throw invalid('Broker id must not be empty');
      checkBrokerId(name, metadata.nodeId, '');
      return describeLoggers(services);
    case ConfigResourceType.GROUP:
      if (name === '') throw invalid('Group name must not be empty');
      return describeGroupConfigs(config, metadata.dynamicConfigs(type, name));
    default:
      if (name === '') throw invalid('Client metrics subscription name must not be empty');
      return describeClientMetricsConfigs(metadata.dynamicConfigs(type, name));
  }
}

function checkBrokerId(name: string, nodeId: number, alternative: string): void {
  if (!/^[+-]?\d+$/.test(name)) throw invalid(`Broker id must be an integer, but it is: ${shown(name)}`);
  if (Number(name) !== nodeId) {
    throw invalid(`Unexpected broker id, expected ${nodeId}${alternative} but received ${name}`);
  }
}
