/** The SASL mechanisms of each listener, as its settings have them. */
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { BrokerConfig, Listener } from '../config/broker-config.ts';
import { ConfigError } from '../config/config-error.ts';
import { saslMechanisms } from '../config/listener-security.ts';
import type { MetadataStore } from '../metadata/types.ts';
import { StoredResourceType } from '../metadata/types.ts';
import { JaasError, parseJaas, plainUsers } from '../security/sasl/jaas.ts';
import type { Mechanism } from '../security/sasl/negotiation.ts';
import { PlainExchange } from '../security/sasl/plain.ts';
import { SaslSession } from '../security/sasl/sasl-session.ts';
import { ScramExchange } from '../security/sasl/scram.ts';
import { isScramMechanism } from '../security/sasl/scram-credential.ts';
import { StoredScramUsers } from '../security/sasl/scram-users.ts';
import type { Session } from '../security/session.ts';
import type { DelegationTokens } from '../security/tokens/delegation-tokens.ts';

export interface SaslOptions {
  readonly config: BrokerConfig;
  readonly metadata: MetadataStore;
  readonly tokens: DelegationTokens | null;
  readonly clock: Clock;
  readonly random: Random;
}

const DECOY_KEY_BYTES = 32;
/** Of sasl.server.max.receive.size, in Kafka's words unlimited. */
const NO_BOUND = -1;

/** What makes the session of a new connection, by listener. @throws ConfigError for settings that cannot be served */
export function saslOpeners(options: SaslOptions, listeners: readonly Listener[]): ReadonlyMap<string, () => Session> {
  const { metadata, tokens, random } = options;
  const store = {
    credentials: (user: string) => metadata.dynamicConfigs(StoredResourceType.SCRAM_USER, user),
  };
  const users = new StoredScramUsers(store, tokens, random.bytes(DECOY_KEY_BYTES));
  return new Map(listeners.map((listener) => [listener.name, saslOpener(options, listener, users)]));
}

function saslOpener(options: SaslOptions, listener: Listener, users: StoredScramUsers): () => Session {
  const { clock, config } = options;
  // Kafka, too, takes users and mechanisms that are set at run time, and goes on with those of its file.
  const names = saslMechanisms({ listenerText: (name, setting) => config.startText(name, setting) }, listener.name);
  const mechanisms = new Map(names.map((name) => [name, mechanismOf(options, listener, name, users)]));
  const size = Number(config.startText(listener.name, 'sasl.server.max.receive.size'));
  const maxTokenBytes = size === NO_BOUND ? null : size;
  const { protocol } = listener;
  return () => new SaslSession({ clock, mechanisms, maxTokenBytes, ...(protocol && { protocol }) });
}

function mechanismOf(
  { config, random }: SaslOptions,
  { name: listener }: Listener,
  name: string,
  users: StoredScramUsers,
): Mechanism {
  const text = (setting: string): string | null =>
    config.startText(listener, `${name.toLowerCase()}.${setting}`) ?? config.startText(listener, setting);
  const maxReauthMs = Number(text('connections.max.reauth.ms'));
  if (isScramMechanism(name)) return { begin: () => new ScramExchange(name, users, random), maxReauthMs };
  const setting = `listener.name.${listener.toLowerCase()}.plain.sasl.jaas.config`;
  const passwords = plainPasswords(text('sasl.jaas.config'), setting);
  return { begin: () => new PlainExchange((user) => passwords.get(user)), maxReauthMs };
}

/** Passwords by user, of all entries. @throws ConfigError where there are none */
function plainPasswords(jaas: string | null, setting: string): ReadonlyMap<string, string> {
  try {
    const users = new Map(parseJaas(jaas ?? '').flatMap((entry) => [...plainUsers(entry)]));
    if (users.size > 0) return users;
  } catch (error) {
    if (!(error instanceof JaasError)) throw error;
    throw new ConfigError(`${setting}: ${error.message}`, [setting, 'sasl.jaas.config']);
  }
  const text = `PLAIN needs users here, as in org.apache.kafka.common.security.plain.PlainLoginModule required user_NAME="password";`;
  throw new ConfigError(`${setting}: ${text}`, [setting, 'sasl.jaas.config']);
}
