/**
 * AlterConfigs (33), versions 0 to 2: replaces all dynamic configs of a resource. Older tools use it; it has no changes
 * between its versions but the encoding.
 *
 * - TOPIC, BROKER (this node's id, or '' for all), GROUP and CLIENT_METRICS; log levels cannot be changed this way, which
 *   whoever asks is told.
 * - Each resource succeeds or fails on its own. `validateOnly` checks and changes nothing.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { type AlterConfigsRequest, readAlterConfigsRequest } from '../../protocol/generated/alter-configs-request.ts';
import {
  type AlterConfigsResponse,
  writeAlterConfigsResponse,
} from '../../protocol/generated/alter-configs-response.ts';
import type { Input } from '../../protocol/input.ts';
import { ConfigResourceType } from '../metadata/types.ts';
import type { ErrorFields } from './api-error.ts';
import { alterResource, alterResources, type ResourceChange, withoutRight } from './config-resources.ts';
import { applyChanges, ConfigOperation } from './setting-change.ts';
import { handler, type RequestContext } from './types.ts';

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
    const alter = (resource: ResourceChange): Promise<void> =>
      alterResource(
        context,
        resource,
        () => applyChanges(resource.resourceType, new Map(), resource.changes),
        validateOnly,
      );
    return { responses: await alterResources(context, wanted, alter, refuse) };
  },
});

function refuse(context: RequestContext, resource: ResourceChange): ErrorFields | null {
  const { resourceType } = resource;
  if (resourceType !== ConfigResourceType.BROKER_LOGGER) return withoutRight(context, resource);
  return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: `Unknown resource type ${resourceType}` };
}
