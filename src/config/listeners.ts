/** Listeners: `NAME://host:port,…`, their security protocols, and what they advertise. */
import { ConfigError } from './config-error.ts';
import { splitList } from './value.ts';

export interface Listener {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

const PROTOCOL_MAP = 'listener.security.protocol.map';

const SECURITY_PROTOCOLS: ReadonlySet<string> = new Set(['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']);

/** What is wrong with a setting, which begins the sentence. `others` are settings that it contradicts. */
function wrong(setting: string, text: string, ...others: readonly string[]): ConfigError {
  return new ConfigError(`${setting}: ${text}`, [setting, ...others]);
}

/** One `NAME://host:port`; brackets of an IPv6 address are taken off, an empty host stays empty. */
export function parseListener(text: string, setting: string): Listener {
  const match = /^([A-Za-z0-9_-]+):\/\/(\[[0-9a-fA-F:.%]+\]|[^:/[\]]*):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw wrong(setting, `"${text}" is not of the form NAME://host:port`);
  }
  const host = match[2] ?? '';
  return { name: (match[1] ?? '').toUpperCase(), host: host.replace(/^\[|\]$/g, ''), port };
}

function parseListeners(text: string, setting: string): Listener[] {
  return splitList(text).map((element) => parseListener(element, setting));
}

function parseProtocolMap(text: string): ReadonlyMap<string, string> {
  const protocols = new Map<string, string>();
  for (const element of splitList(text)) {
    const match = /^([^:]+):([^:]+)$/.exec(element);
    const protocol = match?.[2]?.trim().toUpperCase() ?? '';
    if (match === null || !SECURITY_PROTOCOLS.has(protocol)) {
      const known = [...SECURITY_PROTOCOLS].join(', ');
      throw wrong(PROTOCOL_MAP, `"${element}" is not NAME:PROTOCOL with one of ${known}`);
    }
    protocols.set((match[1] ?? '').trim().toUpperCase(), protocol);
  }
  return protocols;
}

export interface ListenerSettings {
  readonly listeners: string;
  readonly advertisedListeners: string | null;
  readonly protocolMap: string;
  readonly controllerListenerNames: readonly string[];
  readonly interBrokerListenerName: string | null;
}

export interface ResolvedListeners {
  readonly listeners: readonly Listener[];
  readonly advertisedListeners: ReadonlyMap<string, Listener>;
  /** Names of controller listeners, which are accepted and not opened. */
  readonly controllerListeners: readonly string[];
}

function checkDistinct(listeners: readonly Listener[]): void {
  const names = new Set<string>();
  const places = new Set<string>();
  for (const { name, host, port } of listeners) {
    if (names.has(name)) throw wrong('listeners', `the name ${name} is used twice`);
    names.add(name);
    const place = `${host}:${port}`;
    if (port !== 0 && places.has(place)) throw wrong('listeners', `port ${port} is used twice`);
    places.add(place);
  }
}

/**
 * The listeners to open and what each advertises.
 * @throws ConfigError for malformed values, protocols that are not served, names without a protocol
 */
export function resolveListeners(settings: ListenerSettings): ResolvedListeners {
  const all = parseListeners(settings.listeners, 'listeners');
  checkDistinct(all);
  const controllers = new Set(settings.controllerListenerNames.map((name) => name.toUpperCase()));
  const protocols = parseProtocolMap(settings.protocolMap);
  const listeners = all.filter(({ name }) => !controllers.has(name));
  if (listeners.length === 0) throw wrong('listeners', 'there is no listener for clients');
  for (const { name } of listeners) {
    const protocol = protocols.get(name);
    if (protocol === undefined) {
      throw wrong('listeners', `${name} has no security protocol in ${PROTOCOL_MAP}`, PROTOCOL_MAP);
    }
    if (protocol !== 'PLAINTEXT') {
      throw wrong('listeners', `${name} is ${protocol}, and only PLAINTEXT is served yet`, PROTOCOL_MAP);
    }
  }
  const names = new Set(listeners.map(({ name }) => name));
  const interBroker = settings.interBrokerListenerName?.toUpperCase() || null;
  if (interBroker !== null && !names.has(interBroker)) {
    const text = `${interBroker} is not one of listeners (${[...names].join(', ')})`;
    throw wrong('inter.broker.listener.name', text, 'listeners');
  }
  const advertised = new Map<string, Listener>();
  for (const listener of parseListeners(settings.advertisedListeners ?? '', 'advertised.listeners')) {
    if (controllers.has(listener.name)) continue;
    if (!names.has(listener.name)) {
      const text = `${listener.name} is not one of listeners (${[...names].join(', ')})`;
      throw wrong('advertised.listeners', text, 'listeners');
    }
    if (listener.host === '' || listener.host === '0.0.0.0' || listener.host === '::') {
      throw wrong('advertised.listeners', `${listener.name} needs a host that clients can reach`);
    }
    advertised.set(listener.name, listener);
  }
  const controllerListeners = all.filter(({ name }) => controllers.has(name)).map(({ name }) => name);
  return { listeners, advertisedListeners: advertised, controllerListeners };
}
