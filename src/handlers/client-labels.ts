/** What is known of the client that sent a request, for client-metrics subscriptions. */
import { longAddress } from '../base/address.ts';
import type { ClientLabel } from '../config/client-match.ts';
import type { ClientLabels } from '../telemetry/subscriptions.ts';
import type { RequestContext } from './types.ts';

export function clientLabels({ clientId, connection }: RequestContext): ClientLabels {
  return new Map<ClientLabel, string>([
    ['client_id', clientId ?? ''],
    ['client_software_name', connection.clientSoftwareName ?? ''],
    ['client_software_version', connection.clientSoftwareVersion ?? ''],
    ['client_source_address', longAddress(connection.remoteHost)],
    ['client_source_port', String(connection.remotePort)],
  ]);
}
