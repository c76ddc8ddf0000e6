/** What the handlers of group APIs share. */
import type { GroupCaller } from '../coordinator/group/caller.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { RequestContext } from './types.ts';

/** Who asks, as the coordinator wants to know it. */
export function groupCaller({ clientId, connection, apiVersion }: RequestContext): GroupCaller {
  return { clientId: clientId ?? '', clientHost: `/${connection.remoteHost}`, apiVersion };
}

/** @throws KafkaError INVALID_GROUP_ID */
export function requireGroupId(groupId: string): void {
  if (groupId === '') throw new KafkaError(ErrorCode.INVALID_GROUP_ID);
}
