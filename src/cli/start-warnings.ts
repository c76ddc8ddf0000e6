/** What looks wrong with a configuration, but does not keep the broker from starting. */
import type { BrokerConfig, Listener } from '../config/broker-config.ts';
import { brokerSetting } from '../config/broker-settings.ts';
import { isOfProvider } from '../config/config-providers.ts';
import type { EnvironmentSettings } from '../config/environment.ts';
import type { ParsedArguments } from './args.ts';

export interface Warning {
  /** The name of the log line. */
  readonly event: string;
  readonly text: string;
}

function unknownVariables({ unknown }: EnvironmentSettings): Warning[] {
  return unknown.map(({ variable, nearest }) => ({
    event: 'unknown-variable',
    text: nearest === null ? `${variable} is no setting` : `${variable} is no setting; did you mean ${nearest}?`,
  }));
}

/** A file's advertised.listeners with a --listen of another port: right behind a port mapping, and a mistake else. */
function advertisedElsewhere(config: BrokerConfig, flags: ParsedArguments['flags']): Warning[] {
  const advertised = flags.has('listen') ? config.advertisedListeners.get('PLAINTEXT') : undefined;
  const port = config.listeners[0]?.port;
  if (advertised === undefined || advertised.port === 0 || advertised.port === port) return [];
  const sent = `advertised.listeners sends clients to ${advertised.host}:${advertised.port}`;
  return [{ event: 'advertised-elsewhere', text: `--listen serves port ${port}, and ${sent}: is that this broker?` }];
}

/** Numbers of replicas that come from a larger cluster: what they apply to cannot be created, as in Kafka. */
function tooManyReplicas(config: BrokerConfig): Warning[] {
  const uses = [
    ['default.replication.factor', 'topics that ask for no number of replicas'],
    ['offsets.topic.replication.factor', 'consumer groups'],
  ] as const;
  return uses
    .filter(([name]) => config.int(name) > 1)
    .map(([name, what]) => ({
      event: 'too-many-replicas',
      text: `${name} is ${config.int(name)}, and there is one broker: ${what} will not work until it is 1`,
    }));
}

/** A file for an image that has more in it: the ports that it publishes are not among the variables. */
function onlyTheBroker({ isForMoreThanBroker }: EnvironmentSettings): Warning[] {
  if (!isForMoreThanBroker) return [];
  const text =
    'fast-data-dev has a schema registry, Kafka Connect, a REST proxy and a web page, too; here is the broker only';
  return [{ event: 'only-the-broker', text }];
}

/** Listeners on the container's own loopback: no published port leads there. */
function unreachable(config: BrokerConfig, { inImage }: EnvironmentSettings): Warning[] {
  if (!inImage || !config.listeners.every(({ host }) => /^(?:127\..*|::1|localhost)$/i.test(host))) return [];
  const ports = config.listeners.map(({ name, port }) => `${name}://:${port}`).join(',');
  const text = `all listeners are inside of the container only, and no published port leads there: write KAFKA_LISTENERS=${ports}`;
  return [{ event: 'unreachable-listeners', text }];
}

const isPlain = ({ protocol }: Listener): boolean => protocol === 'PLAINTEXT';

/** A controller's listener that is open to all where clients have to say who they are: in Kafka's files it often is. */
function openControllers({ listeners, controllerListeners }: BrokerConfig): Warning[] {
  if (listeners.every(isPlain)) return [];
  return controllerListeners.filter(isPlain).map(({ name, host, port }) => ({
    event: 'controller-listener-open',
    text:
      `${name}://${host}:${port} is PLAINTEXT, and others are not: whoever reaches it is User:ANONYMOUS and may ask for ` +
      'topics and settings to be changed; give it SASL or TLS, the host 127.0.0.1, or take it out of listeners',
  }));
}

/** References that no config provider resolves: they are the values as they are, as in Kafka. */
function unresolvedReferences({ staticValues }: BrokerConfig): Warning[] {
  return [...staticValues].flatMap(([name, value]) => {
    const [reference, provider] = /\$\{([\w.-]+):[^}]*\}/.exec(value) ?? [];
    if (reference === undefined || isOfProvider(name)) return [];
    // It may be part of a password that only looks like one.
    const named = brokerSetting(name)?.type === 'password' ? `\${${provider}:…}` : reference;
    const text = `${name} has ${named}, and config.providers has no ${provider}: it stays as it is`;
    return [{ event: 'unresolved-reference', text }];
  });
}

export function startWarnings(
  config: BrokerConfig,
  environment: EnvironmentSettings,
  flags: ParsedArguments['flags'],
): Warning[] {
  return [
    ...unknownVariables(environment),
    ...onlyTheBroker(environment),
    ...unreachable(config, environment),
    ...advertisedElsewhere(config, flags),
    ...tooManyReplicas(config),
    ...openControllers(config),
    ...unresolvedReferences(config),
  ];
}
