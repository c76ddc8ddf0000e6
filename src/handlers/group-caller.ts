/** What the handlers of group APIs share. */
import type { GroupCaller } from '../coordinator/group/types.ts';
import type { RequestContext } from './types.ts';

/** Who asks, as the coordinator wants to know it. */
export function groupCaller({ clientId, connection, apiVersion }: RequestContext): GroupCaller {
  return { clientId: clientId ?? '', clientHost: `/${connection.remoteHost}`, apiVersion };
}
