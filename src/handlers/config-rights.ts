/** Rights to see and to change configs, by what they are of. */
import { ErrorCode } from '../../protocol/errors.ts';
import { ConfigResourceType } from '../metadata/types.ts';
import { CLUSTER_NAME } from '../security/authorizer.ts';
import { allows } from './authorize.ts';
import type { RequestContext } from './types.ts';

const OF_CLUSTER: ReadonlySet<number> = new Set([
  ConfigResourceType.BROKER,
  ConfigResourceType.BROKER_LOGGER,
  ConfigResourceType.CLIENT_METRICS,
]);

/** The error of who may not do that, or NONE; a type that is none is for others to refuse. */
export function configsRefusal(
  context: RequestContext,
  operation: 'DESCRIBE_CONFIGS' | 'ALTER_CONFIGS',
  type: number,
  name: string,
): ErrorCode {
  if (type === ConfigResourceType.TOPIC && !allows(context, operation, 'TOPIC', name)) {
    return ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  }
  if (type === ConfigResourceType.GROUP && !allows(context, operation, 'GROUP', name)) {
    return ErrorCode.GROUP_AUTHORIZATION_FAILED;
  }
  const isRefused = OF_CLUSTER.has(type) && !allows(context, operation, 'CLUSTER', CLUSTER_NAME);
  return isRefused ? ErrorCode.CLUSTER_AUTHORIZATION_FAILED : ErrorCode.NONE;
}
