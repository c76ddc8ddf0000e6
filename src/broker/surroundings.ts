/** What a broker says of where it is: its addresses, its data directory, the disk under that. */
import type { BrokerConfig, Listener } from '../config/broker-config.ts';
import type { BrokerServices, ConnectionInfo, Endpoint } from '../handlers/types.ts';
import { diskSpace, memorySpace } from '../storage/files/disk-space.ts';
import type { Engine } from '../storage/open-engine.ts';
import { isNeighbour } from './neighbours.ts';

/** The directory that DescribeLogDirs shows where there is none. */
const MEMORY_LOG_DIR = '/memory';

/** @param bound listeners with the ports they have got, once they have */
export function surroundings(
  config: BrokerConfig,
  engine: Engine,
  bound: () => readonly Listener[],
): Pick<BrokerServices, 'endpointFor' | 'logDir' | 'diskSpace'> {
  const { dataDir } = config;
  return {
    endpointFor: (connection) => endpointFor(config, bound, connection),
    logDir: dataDir ?? MEMORY_LOG_DIR,
    diskSpace: async () =>
      dataDir === null
        ? memorySpace(config.int('walka.memory.max.bytes'), engine.stats().liveBytes)
        : diskSpace(dataDir),
  };
}

/**
 * What a connection's listener advertises: as set, else the address that the client itself connected to, or, from outside
 * of this machine's networks, the host that is set for that.
 */
function endpointFor(
  config: BrokerConfig,
  bound: () => readonly Listener[],
  connection: Pick<ConnectionInfo, 'listenerName' | 'localHost' | 'localPort' | 'remoteHost'>,
): Endpoint {
  const { nodeId, rack } = config;
  const advertised = config.advertisedListeners.get(connection.listenerName);
  if (advertised === undefined) {
    const outside = config.text('walka.advertised.host');
    const host = outside === null || isNeighbour(connection.remoteHost) ? connection.localHost : outside;
    return { nodeId, rack, host, port: connection.localPort };
  }
  const real = bound().find(({ name }) => name === connection.listenerName)?.port;
  return { nodeId, rack, host: advertised.host, port: advertised.port === 0 ? (real ?? 0) : advertised.port };
}
