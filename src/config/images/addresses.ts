/** Addresses as images had them before Kafka had listeners: a host and a port, to listen on and to advertise. */
import { ConfigError } from '../config-error.ts';
import { splitList } from '../value.ts';
import { firstOf, type Environment, type GivenSettings } from './given.ts';

/** Variables of an address: those with a prefix mean the same anywhere, the others in the image only. */
const ADVERTISED_HOST = {
  always: ['KAFKA_ADVERTISED_HOST_NAME'],
  inImage: ['ADVERTISED_HOST', 'ADVERTISED_HOST_NAME', 'ADV_HOST'],
};
const ADVERTISED_PORT = { always: ['KAFKA_ADVERTISED_PORT'], inImage: ['ADVERTISED_PORT'] };
const HOST = { always: ['KAFKA_HOST_NAME'], inImage: ['HOST_NAME'] };
const PORT = { always: ['KAFKA_PORT'], inImage: ['BROKER_PORT'] };

type Part = Readonly<Record<'always' | 'inImage', readonly string[]>>;

function namesOf({ always, inImage }: Part, isInImage: boolean): readonly string[] {
  return isInImage ? [...always, ...inImage] : always;
}

/** Whether a variable is part of such an address. */
export function isOfAddress(variable: string, inImage: boolean): boolean {
  return [ADVERTISED_HOST, ADVERTISED_PORT, HOST, PORT].some((part) => namesOf(part, inImage).includes(variable));
}

/**
 * Sets them, as Kafka did it: only where advertised.listeners, and listeners, say nothing. Gives the variables that
 * have no effect, as others go before them.
 */
export function setAddresses(env: Environment, given: GivenSettings, inImage: boolean): readonly string[] {
  const find = (part: Part) => firstOf(env, namesOf(part, inImage));
  const [host, port, advertisedHost, advertisedPort] = [HOST, PORT, ADVERTISED_HOST, ADVERTISED_PORT].map(find);
  const first = advertisedHost ?? advertisedPort ?? host ?? port;
  if (!first) return [];
  if (given.values.has('advertised.listeners')) {
    return [host, port, advertisedHost, advertisedPort].flatMap((found) => found?.variable ?? []);
  }
  const listensOn = port?.value ?? '9092';
  const isLegacy = !given.values.has('listeners');
  if (isLegacy)
    given.set('listeners', `PLAINTEXT://${host?.value ?? ''}:${listensOn}`, (port ?? host ?? first).variable);
  if (advertisedHost) {
    const address = `PLAINTEXT://${advertisedHost.value}:${advertisedPort?.value ?? listensOn}`;
    given.set('advertised.listeners', address, advertisedHost.variable);
  } else if (advertisedPort && advertisedPort.value !== listensOn) {
    const { variable, value } = advertisedPort;
    const write = `KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:${value}`;
    throw new ConfigError(`${variable}=${value} has no host beside it: write ${write}, or the host that clients use`);
  }
  return [];
}

/**
 * Listeners where nobody said any, as images do it: those that are advertised, on all addresses of the machine. Gives
 * null where a variable advertises nothing, either.
 */
export function listenersOf(advertised: string | undefined): string | null {
  const elements = splitList(advertised ?? '').filter((element) => element !== '');
  if (elements.length === 0) return null;
  // Whatever is malformed is refused where advertised.listeners is read.
  return elements.map((element) => element.replace(/^([^:]+:\/\/).*:(\d*)$/, '$1:$2')).join(',');
}
