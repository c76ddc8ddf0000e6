/** What the handlers of group APIs share. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { longAddress } from '../base/address.ts';
import type { GroupCaller } from '../coordinator/group/caller.ts';
import { may } from './authorize.ts';
import type { RequestContext } from './types.ts';

/** Who asks, as the coordinator wants to know it. */
export function groupCaller(context: RequestContext): GroupCaller {
  const { clientId, connection, apiVersion, services } = context;
  const caller = { clientId: clientId ?? '', clientHost: `/${longAddress(connection.remoteHost)}`, apiVersion };
  if (services.authorizer === null) return caller;
  return { ...caller, sees: (topic) => may(context, 'DESCRIBE', 'TOPIC', topic) };
}

/** @throws KafkaError INVALID_GROUP_ID */
export function requireGroupId(groupId: string): void {
  if (groupId === '') throw new KafkaError(ErrorCode.INVALID_GROUP_ID);
}
