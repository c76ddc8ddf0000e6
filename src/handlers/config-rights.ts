/** Rights to see and to change configs, by what they are of. */
import { ConfigResourceType } from '../metadata/types.ts';
import { requireCluster, requireGroup, requireRight } from './authorize.ts';
import type { RequestContext } from './types.ts';

/** @throws KafkaError TOPIC_, GROUP_ or CLUSTER_AUTHORIZATION_FAILED */
export function requireConfigs(
  context: RequestContext,
  operation: 'DESCRIBE_CONFIGS' | 'ALTER_CONFIGS',
  resourceType: number,
  resourceName: string,
): void {
  if (resourceType === ConfigResourceType.TOPIC) requireRight(context, operation, 'TOPIC', resourceName);
  else if (resourceType === ConfigResourceType.GROUP) requireGroup(context, operation, resourceName);
  else requireCluster(context, operation);
}
