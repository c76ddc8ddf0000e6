/** Listeners: `NAME://host:port,…`, their security protocols, and what they advertise. */
import type { ApiListener } from '../../protocol/apis.ts';
import { ConfigError } from './config-error.ts';
import { splitList } from './value.ts';

export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';

export interface Listener {
  readonly name: string;
  /** Default: PLAINTEXT. */
  readonly protocol?: SecurityProtocol;
  readonly host: string;
  readonly port: number;
  /** What answers there: which APIs, and what DescribeCluster describes (KIP-919). Default: the broker. */
  readonly endpointType?: ApiListener;
}

const PROTOCOL_MAP = 'listener.security.protocol.map';

const SECURITY_PROTOCOLS: ReadonlySet<string> = new Set(['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']);

/** The listeners for clients and those for controllers. */
export function allListeners(
  config: Pick<ResolvedListeners, 'listeners' | 'controllerListeners'>,
): readonly Listener[] {
  return [...config.listeners, ...config.controllerListeners];
}

/** Whether connections of a listener begin with a TLS handshake. */
export function hasTls(protocol: SecurityProtocol | undefined): boolean {
  return protocol === 'SSL' || protocol === 'SASL_SSL';
}

/** Whether clients of a listener say who they are by SASL. */
export function hasSasl(protocol: SecurityProtocol | undefined): boolean {
  return protocol === 'SASL_PLAINTEXT' || protocol === 'SASL_SSL';
}

/** What is wrong with a setting, which begins the sentence. `others` are settings that it contradicts. */
function wrong(setting: string, text: string, ...others: readonly string[]): ConfigError {
  return new ConfigError(`${setting}: ${text}`, [setting, ...others]);
}

/** Everything that Kafka takes for a host: names, IPv4, IPv6 with a zone or without. */
const HOST = /^[\w.:%-]*$/;

/** An address as settings have it. */
function written({ name, host, port }: Listener): string {
  return `${name}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** One `NAME://host:port`; brackets of an IPv6 address may be left out, an empty host stays empty. */
function parseListener(text: string, setting: string): Listener {
  const [, name = '', place = '', digits = ''] = /^(.+):\/\/(.*):(-?\d+)$/.exec(text) ?? [];
  const port = Number(digits);
  if (name === '') throw wrong(setting, `"${text}" is not of the form NAME://host:port`);
  if (port < 0 || port > 65_535) throw wrong(setting, `${text}: ${digits} is not a port`);
  const host = /^\[(.*)\]$/.exec(place)?.[1] ?? place;
  if (!HOST.test(host)) {
    const hint = host.includes('$') ? ' (a variable that nobody filled in?)' : '';
    throw wrong(setting, `${text}: ${host} cannot be a host${hint}`);
  }
  return { name: name.toUpperCase(), host, port };
}

function parseListeners(text: string, setting: string): Listener[] {
  const listeners = splitList(text).map((element) => parseListener(element, setting));
  const names = listeners.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw wrong(setting, `the name ${twice} is used twice`);
  return listeners;
}

function parseProtocolMap(text: string): ReadonlyMap<string, SecurityProtocol> {
  const protocols = new Map<string, SecurityProtocol>();
  for (const element of splitList(text)) {
    if (element === '') throw wrong(PROTOCOL_MAP, `there is an empty element in ${text}`);
    const match = /^([^:]+):([^:]+)$/.exec(element);
    const protocol = match?.[2]?.trim().toUpperCase() ?? '';
    if (match === null || !SECURITY_PROTOCOLS.has(protocol)) {
      const known = [...SECURITY_PROTOCOLS].join(', ');
      throw wrong(PROTOCOL_MAP, `"${element}" is not NAME:PROTOCOL with one of ${known}`);
    }
    protocols.set((match[1] ?? '').trim().toUpperCase(), protocol as SecurityProtocol);
  }
  return protocols;
}

export interface ListenerSettings {
  readonly listeners: string;
  /** Whether somebody set them, or they are the default. */
  readonly listenersGiven: boolean;
  readonly advertisedListeners: string | null;
  readonly protocolMap: string;
  /** Whether somebody set that, or it is the default. */
  readonly protocolMapGiven: boolean;
  readonly controllerListenerNames: readonly string[];
  readonly interBrokerListenerName: string | null;
  /** As somebody set it, or null. */
  readonly interBrokerProtocol: string | null;
}

export interface ResolvedListeners {
  /** Those for clients. */
  readonly listeners: readonly Listener[];
  /** Those that controller.listener.names names. */
  readonly controllerListeners: readonly Listener[];
  /** Of both, by name. */
  readonly advertisedListeners: ReadonlyMap<string, Listener>;
}

const isIPv4 = ({ host }: Listener): boolean => /^\d+(\.\d+){3}$/.test(host);
const isIPv6 = ({ host }: Listener): boolean => host.includes(':');

/** As in Kafka, two listeners share a port only if one has an IPv4 and the other an IPv6 address. */
function checkPorts(listeners: readonly Listener[]): void {
  for (const one of listeners) {
    const same = listeners.filter(({ port }) => port !== 0 && port === one.port);
    if (same.length < 2 || (same.length === 2 && same.some(isIPv4) && same.some(isIPv6))) continue;
    const which = same.map(written).join(' and ');
    throw wrong('listeners', `${which} have the same port, which only an IPv4 and an IPv6 address may share`);
  }
}

/** As in Kafka: a controller's listener is PLAINTEXT by itself where nobody set the map and no listener is anything else. */
function mayBePlain({ name, endpointType }: Listener, all: readonly Listener[], mapGiven: boolean): boolean {
  const isSecured = ({ name: other }: Listener): boolean => SECURITY_PROTOCOLS.has(other) && other !== 'PLAINTEXT';
  return endpointType === 'controller' && name !== 'PLAINTEXT' && !mapGiven && !all.some(isSecured);
}

/** Every listener with its protocol. @throws ConfigError where it has none */
function withProtocols(listeners: readonly Listener[], settings: ListenerSettings): Listener[] {
  const protocols = parseProtocolMap(settings.protocolMap);
  return listeners.map((listener) => {
    const { name } = listener;
    const isPlain = mayBePlain(listener, listeners, settings.protocolMapGiven);
    const protocol = protocols.get(name) ?? (isPlain ? 'PLAINTEXT' : undefined);
    if (protocol === undefined && !settings.listenersGiven) {
      const text = `it has no ${name}, and listeners, which is not set, is ${written(listener)}`;
      throw wrong(PROTOCOL_MAP, text);
    }
    if (protocol === undefined) {
      throw wrong('listeners', `${name} has no security protocol in ${PROTOCOL_MAP}`, PROTOCOL_MAP);
    }
    return { ...listener, protocol };
  });
}

/** There are no other brokers, but what is said of them must make sense. */
function checkInterBroker(settings: ListenerSettings, names: ReadonlySet<string>): void {
  const { interBrokerProtocol } = settings;
  const name = settings.interBrokerListenerName?.toUpperCase() || null;
  const [ofName, ofProtocol] = ['inter.broker.listener.name', 'security.inter.broker.protocol'];
  if (name !== null && !names.has(name)) {
    throw wrong(ofName, `${name} is not one of listeners (${[...names].join(', ')})`, 'listeners');
  }
  if (interBrokerProtocol !== null && name !== null)
    throw wrong(ofName, `it is set and so is ${ofProtocol}, and only one of them may be`, ofProtocol);
}

/** What listeners tell clients to connect to, by name. @throws ConfigError for names and hosts that make no sense */
function advertisedListeners(
  text: string,
  names: ReadonlySet<string>,
  controllers: ReadonlySet<string>,
): ReadonlyMap<string, Listener> {
  const advertised = new Map<string, Listener>();
  for (const listener of parseListeners(text, 'advertised.listeners')) {
    const { name, host } = listener;
    const isWildcard = host === '0.0.0.0' || host === '::';
    if (controllers.has(name)) {
      if (host !== '' && !isWildcard) advertised.set(name, listener);
      continue;
    }
    if (!names.has(name)) {
      const which = `${name} is not one of listeners (${[...names].join(', ')})`;
      throw wrong('advertised.listeners', which, 'listeners');
    }
    if (isWildcard) {
      const needed = `${written(listener)} needs a host that clients can reach, such as localhost`;
      throw wrong('advertised.listeners', needed);
    }
    // Kafka tells the name of the machine where there is no host, and no client outside of it knows that.
    if (host !== '') advertised.set(name, listener);
  }
  return advertised;
}

/**
 * The listeners to open and what each advertises.
 * @throws ConfigError for malformed values, names without a protocol
 */
export function resolveListeners(settings: ListenerSettings): ResolvedListeners {
  const controllers = new Set(settings.controllerListenerNames.map((name) => name.toUpperCase()));
  const all = parseListeners(settings.listeners, 'listeners').map((listener) =>
    controllers.has(listener.name) ? { ...listener, endpointType: 'controller' as const } : listener,
  );
  checkPorts(all);
  if (all.every(({ name }) => controllers.has(name))) {
    const text = `there is none for clients, as ${[...controllers].join(', ')} is for controllers`;
    throw wrong('listeners', text, 'controller.listener.names');
  }
  const secured = withProtocols(all, settings);
  const listeners = secured.filter(({ endpointType }) => endpointType !== 'controller');
  const controllerListeners = secured.filter(({ endpointType }) => endpointType === 'controller');
  const names = new Set(listeners.map(({ name }) => name));
  checkInterBroker(settings, names);
  const advertised = advertisedListeners(settings.advertisedListeners ?? '', names, controllers);
  return { listeners, controllerListeners, advertisedListeners: advertised };
}
