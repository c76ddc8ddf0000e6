/**
 * AlterConfigs (33), versions 0 to 2: replaces all dynamic configs of a resource. Older tools use it; it has no changes
 * between its versions but the encoding.
 *
 * - TOPIC, BROKER (this node's id, or '' for all), GROUP and CLIENT_METRICS; log levels cannot be changed this way.
 * - Each resource succeeds or fails on its own. `validateOnly` checks and changes nothing.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { type AlterConfigsRequest, readAlterConfigsRequest } from '../../protocol/generated/alter-configs-request.ts';
import {
  type AlterConfigsResponse,
  writeAlterConfigsResponse,
} from '../../protocol/generated/alter-configs-response.ts';
import type { Input } from '../../protocol/input.ts';
import { alterResource, alterResources } from './config-resources.ts';
import { applyChanges, ConfigOperation } from './setting-change.ts';
import { handler } from './types.ts';

export const alterConfigsHandler = handler<AlterConfigsRequest, Input<AlterConfigsResponse>>({
  apiKey: ApiKey.AlterConfigs,
  minVersion: 0,
  maxVersion: 2,
  readRequest: readAlterConfigsRequest,
  writeResponse: writeAlterConfigsResponse,
  async handle(context, { resources, validateOnly }) {
    const wanted = resources.map(({ resourceType, resourceName, configs }) => ({
      resourceType,
      resourceName,
      changes: configs.map(({ name, value }) => ({ name, value, operation: ConfigOperation.SET })),
    }));
    const responses = await alterResources(context, wanted, (resource) => {
      const { resourceType, changes } = resource;
      return alterResource(context, resource, () => applyChanges(resourceType, new Map(), changes), validateOnly);
    });
    return { responses };
  },
});
