/**
 * IncrementalAlterConfigs (44), versions 0 and 1 (KIP-339): changes single configs of a resource.
 *
 * - Operations SET, DELETE, and for lists APPEND and SUBTRACT; appending what is there and deleting what is not there
 *   change nothing.
 * - TOPIC, BROKER (this node's id, or '' for all), BROKER_LOGGER, GROUP and CLIENT_METRICS.
 * - Each resource succeeds or fails on its own, with all its changes. `validateOnly` checks and changes nothing.
 * - The versions differ in encoding only.
 *
 * Unlike Kafka: an unknown operation on a topic or group is INVALID_REQUEST, not an unknown server error.
 */
import { ApiKey } from '../../protocol/apis.ts';
import {
  type IncrementalAlterConfigsRequest,
  readIncrementalAlterConfigsRequest,
} from '../../protocol/generated/incremental-alter-configs-request.ts';
import {
  type IncrementalAlterConfigsResponse,
  writeIncrementalAlterConfigsResponse,
} from '../../protocol/generated/incremental-alter-configs-response.ts';
import type { Input } from '../../protocol/input.ts';
import { ConfigResourceType } from '../metadata/types.ts';
import { alterLoggers } from './broker-loggers.ts';
import { alterResource, alterResources } from './config-resources.ts';
import { applyChanges } from './setting-change.ts';
import { handler } from './types.ts';

export const incrementalAlterConfigsHandler = handler<
  IncrementalAlterConfigsRequest,
  Input<IncrementalAlterConfigsResponse>
>({
  apiKey: ApiKey.IncrementalAlterConfigs,
  minVersion: 0,
  maxVersion: 1,
  readRequest: readIncrementalAlterConfigsRequest,
  writeResponse: writeIncrementalAlterConfigsResponse,
  async handle(context, { resources, validateOnly }) {
    const wanted = resources.map(({ resourceType, resourceName, configs }) => ({
      resourceType,
      resourceName,
      changes: configs.map(({ name, value, configOperation }) => ({ name, value, operation: configOperation })),
    }));
    const responses = await alterResources(context, wanted, async (resource) => {
      const { resourceType, resourceName, changes } = resource;
      if (resourceType === ConfigResourceType.BROKER_LOGGER) {
        alterLoggers(context.services, resourceName, changes, validateOnly);
        return;
      }
      await alterResource(context, resource, (current) => applyChanges(resourceType, current, changes), validateOnly);
    });
    return { responses };
  },
});
