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
): Pick<BrokerServices, 'endpointFor' | 'controllerListeners' | 'logDir' | 'diskSpace'> {
  const { dataDir } = config;
  const warn = sentHome(logger);
  return {
    endpointFor(connection, listenerName = connection.listenerName) {
      const endpoint = endpointFor(config, bound, connection, listenerName);
      if (listenerName === connection.listenerName) warn(connection, endpoint);
      return endpoint;
    },
    controllerListeners: () =>
      bound()
        .filter(({ endpointType }) => endpointType === 'controller')
        .map(({ name }) => name),
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
 * What a listener advertises to a connection: as set, else the address that the client itself connected to, or, from
 * outside of this machine's networks, the host that is set for that; of another listener than its own, with that one's port.
 */
function endpointFor(
  config: BrokerConfig,
  bound: () => readonly Listener[],
  connection: Pick<ConnectionInfo, 'listenerName' | 'localHost' | 'localPort' | 'remoteHost'>,
  listenerName: string,
): Endpoint {
  const { nodeId, rack } = config;
  const advertised = config.advertisedListeners.get(listenerName);
  const real = bound().find(({ name }) => name === listenerName)?.port ?? 0;
  if (advertised === undefined) {
    const outside = config.text('walka.advertised.host');
    const host = outside === null || isNeighbour(connection.remoteHost) ? connection.localHost : outside;
    return { nodeId, rack, host, port: listenerName === connection.listenerName ? connection.localPort : real };
  }
  return { nodeId, rack, host: advertised.host, port: advertised.port === 0 ? real : advertised.port };
}
