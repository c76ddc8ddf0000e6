/** What a broker says of where it is: its addresses, its data directory, the disk under that. */
import type { Logger } from '../base/logger.ts';
import type { BrokerConfig, Listener } from '../config/broker-config.ts';
import type { BrokerServices, ConnectionInfo, Endpoint } from '../handlers/types.ts';
import { diskSpace, memorySpace } from '../storage/files/disk-space.ts';
import type { Engine } from '../storage/open-engine.ts';
import { type Interfaces, isNeighbour } from './neighbours.ts';

/** The directory that DescribeLogDirs shows where there is none. */
const MEMORY_LOG_DIR = '/memory';

/**
 * @param bound listeners with the ports they have got, once they have
 * @param logger told once of each listener that sends clients to their own machine
 */
export function surroundings(
  config: BrokerConfig,
  engine: Engine,
  bound: () => readonly Listener[],
  logger: Logger,
): Pick<BrokerServices, 'endpointFor' | 'logDir' | 'diskSpace'> {
  const { dataDir } = config;
  const warn = sentHome(logger);
  return {
    endpointFor(connection) {
      const endpoint = endpointFor(config, bound, connection);
      warn(connection, endpoint);
      return endpoint;
    },
    logDir: dataDir ?? MEMORY_LOG_DIR,
    diskSpace: async () =>
      dataDir === null
        ? memorySpace(config.int('walka.memory.max.bytes'), engine.stats().liveBytes)
        : diskSpace(dataDir),
  };
}

const LOOPBACK = /^(?:localhost|127\..*|::1|::ffff:127\..*)$/i;

/**
 * Looks for clients that are told to connect to their own machine and are on another one: mostly another container, which
 * then finds nobody there and does not say why.
 */
export function sentHome(
  logger: Logger,
  interfaces?: Interfaces,
): (connection: Pick<ConnectionInfo, 'listenerName' | 'remoteHost'>, endpoint: Endpoint) => void {
  const told = new Set<string>();
  return ({ listenerName, remoteHost }, { host, port }) => {
    if (!LOOPBACK.test(host) || LOOPBACK.test(remoteHost) || told.has(listenerName)) return;
    if (!isNeighbour(remoteHost, interfaces)) return;
    told.add(listenerName);
    logger.warn(
      'client-sent-to-itself',
      `A client at ${remoteHost} is told by listener ${listenerName} to connect to ${host}:${port}, which is its own ` +
        'machine: a listener for other containers advertises a name that they know',
    );
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
