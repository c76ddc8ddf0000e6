/**
 * ListConfigResources (74), versions 0 and 1 (KIP-1142): names of what has configs.
 *
 * - v0 asks for client-metrics subscriptions only. v1 asks for types, none meaning all; one that is not known refuses the
 *   request with UNSUPPORTED_VERSION.
 * - Groups and subscriptions are those that have configs of their own; brokers, loggers and topics are all there are.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  type ListConfigResourcesRequest,
  readListConfigResourcesRequest,
} from '../../protocol/generated/list-config-resources-request.ts';
import {
  type ListConfigResourcesResponse,
  writeListConfigResourcesResponse,
} from '../../protocol/generated/list-config-resources-response.ts';
import type { Input } from '../../protocol/input.ts';
import { ConfigResourceType } from '../metadata/types.ts';
import { allowsCluster } from './authorize.ts';
import { type BrokerServices, handler } from './types.ts';

const { GROUP, CLIENT_METRICS, BROKER_LOGGER, BROKER, TOPIC } = ConfigResourceType;

/** In the order of an answer. */
const TYPES: readonly number[] = [GROUP, CLIENT_METRICS, BROKER_LOGGER, BROKER, TOPIC];
/** First version that says which types are wanted. */
const TYPES_FROM = 1;

export const listConfigResourcesHandler = handler<ListConfigResourcesRequest, Input<ListConfigResourcesResponse>>({
  apiKey: ApiKey.ListConfigResources,
  minVersion: 0,
  maxVersion: 1,
  readRequest: readListConfigResourcesRequest,
  writeResponse: writeListConfigResourcesResponse,
  handle(context, { resourceTypes }) {
    const { services, apiVersion } = context;
    if (!allowsCluster(context, 'DESCRIBE_CONFIGS')) {
      return { errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED };
    }
    const wanted = apiVersion < TYPES_FROM ? [CLIENT_METRICS] : resourceTypes;
    if (!wanted.every((type) => TYPES.includes(type))) return { errorCode: ErrorCode.UNSUPPORTED_VERSION };
    const types = TYPES.filter((type) => wanted.length === 0 || wanted.includes(type));
    const configResources = types.flatMap((resourceType) =>
      namesOf(services, resourceType).map((resourceName) => ({ resourceName, resourceType })),
    );
    return { errorCode: ErrorCode.NONE, configResources };
  },
});

function namesOf({ metadata }: BrokerServices, resourceType: number): readonly string[] {
  switch (resourceType) {
    case BROKER_LOGGER:
    case BROKER:
      return [String(metadata.nodeId)];
    case TOPIC:
      return metadata.topics().map(({ name }) => name);
    default:
      return metadata.resourceNames(resourceType);
  }
}
