/** The SASL mechanisms of each listener, as its settings have them. */
import type { Clock } from '../base/clock.ts';
import type { ClosingStack } from '../base/closing-stack.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { BrokerConfig, Listener } from '../config/broker-config.ts';
import { ConfigError } from '../config/config-error.ts';
import { saslMechanisms } from '../config/listener-security.ts';
import type { MetadataStore } from '../metadata/types.ts';
import { StoredResourceType } from '../metadata/types.ts';
import { type JaasEntry, JaasError, parseJaas, plainUsers } from '../security/sasl/jaas.ts';
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
  readonly logger: Logger;
  /** It is only to be seen whether the settings can be served: no other machine is asked for anything. */
  readonly isTrial?: boolean;
}

const HANDLER = 'server.callback.handler.class';
/** Kafka's own, which do what is done here. */
const OWN_HANDLERS: readonly string[] = [
  'org.apache.kafka.common.security.plain.internals.PlainServerCallbackHandler',
  'org.apache.kafka.common.security.scram.internals.ScramServerCallbackHandler',
];
const BEARER_HANDLER = /\.OAuthBearer\w*$/;
const OWN_MODULE = /^(?:org\.apache\.kafka\.common\.security\..*)?(?:Plain|Scram|OAuthBearer)LoginModule$/;
const DECOY_KEY_BYTES = 32;
/** Of sasl.server.max.receive.size, in Kafka's words unlimited. */
const NO_BOUND = -1;

/**
 * What makes the session of a new connection, by listener. `stack` closes what mechanisms need.
 * @throws ConfigError for settings that cannot be served
 */
export async function saslOpeners(
  options: SaslOptions,
  listeners: readonly Listener[],
  stack: ClosingStack,
): Promise<ReadonlyMap<string, () => Session>> {
  const { metadata, tokens, random } = options;
  const store = {
    credentials: (user: string) => metadata.dynamicConfigs(StoredResourceType.SCRAM_USER, user),
  };
  const users = new StoredScramUsers(store, tokens, random.bytes(DECOY_KEY_BYTES));
  const openers = new Map<string, () => Session>();
  for (const listener of listeners) {
    openers.set(listener.name, await saslOpener({ ...options, users, stack }, listener));
  }
  return openers;
}

interface OpenerOptions extends SaslOptions {
  readonly users: StoredScramUsers;
  readonly stack: ClosingStack;
}

async function saslOpener(options: OpenerOptions, listener: Listener): Promise<() => Session> {
  const { clock, config } = options;
  // Kafka, too, takes users and mechanisms that are set at run time, and goes on with those of its file.
  const names = saslMechanisms({ listenerText: (name, setting) => config.startText(name, setting) }, listener.name);
  const mechanisms = new Map<string, Mechanism>();
  warnOfCommonHandler(options, listener.name, names);
  for (const name of names) mechanisms.set(name, await mechanismOf(options, listener, name));
  const size = Number(config.startText(listener.name, 'sasl.server.max.receive.size'));
  const maxTokenBytes = size === NO_BOUND ? null : size;
  const { protocol } = listener;
  return () => new SaslSession({ clock, mechanisms, maxTokenBytes, ...(protocol && { protocol }) });
}

async function mechanismOf(options: OpenerOptions, { name: listener }: Listener, name: string): Promise<Mechanism> {
  const { config, random, users, stack } = options;
  const own = (setting: string): string | null => config.startText(listener, `${name.toLowerCase()}.${setting}`);
  const text = (setting: string): string | null => own(setting) ?? config.startText(listener, setting);
  const maxReauthMs = Number(text('connections.max.reauth.ms'));
  const setting = `listener.name.${listener.toLowerCase()}.${name.toLowerCase()}.sasl.jaas.config`;
  if (name === 'OAUTHBEARER') {
    const { openBearerValidator } = await import('./bearer-validators.ts');
    const { BearerExchange } = await import('../security/sasl/oauth/bearer-exchange.ts');
    const [jaas] = jaasEntries(text('sasl.jaas.config'), setting).filter(({ module }) => /OAuthBearer/.test(module));
    const validator = await openBearerValidator({ ...options, text, jaas }, stack);
    return { begin: () => new BearerExchange(validator), maxReauthMs };
  }
  checkHandler(own('sasl.server.callback.handler.class'), setting.replace('jaas.config', HANDLER));
  if (isScramMechanism(name)) return { begin: () => new ScramExchange(name, users, random), maxReauthMs };
  const passwords = plainPasswords(text('sasl.jaas.config'), setting);
  return { begin: () => new PlainExchange((user) => passwords.get(user)), maxReauthMs };
}

/**
 * Apache Kafka 4.4, too, asks for the handler of PLAIN and SCRAM by listener and mechanism, and passes over any other in
 * silence: whoever wrote it believes that something else checks his passwords.
 */
function warnOfCommonHandler({ config, logger }: OpenerOptions, listener: string, names: readonly string[]): void {
  const setting = `sasl.${HANDLER}`;
  const handler = config.startText(listener, setting) ?? '';
  if (handler === '' || OWN_HANDLERS.includes(handler)) return;
  // That of OAUTHBEARER counts without them here.
  if (names.includes('OAUTHBEARER') && BEARER_HANDLER.test(handler)) return;
  const idle = names.filter(
    (name) => name !== 'OAUTHBEARER' && config.startText(listener, `${name.toLowerCase()}.${setting}`) === null,
  );
  const [first] = idle;
  if (first === undefined) return;
  const prefix = `listener.name.${listener.toLowerCase()}`;
  logger.warn(
    'handler-without-effect',
    `${setting} has no effect on ${idle.join(', ')} of listener ${listener}, as in Apache Kafka: it would be ${prefix}.${first.toLowerCase()}.${setting}`,
    { handler },
  );
}

/** Who checks passwords elsewhere must not be passed over in silence. @throws ConfigError */
function checkHandler(handler: string | null, setting: string): void {
  if (handler === null || handler === '' || OWN_HANDLERS.includes(handler)) return;
  throw new ConfigError(`${setting}: ${handler} cannot be run here; leave it out for users of JAAS and of SCRAM`, [
    setting,
  ]);
}

/** @throws ConfigError */
function jaasEntries(jaas: string | null, setting: string): JaasEntry[] {
  try {
    return parseJaas(jaas ?? '');
  } catch (error) {
    if (!(error instanceof JaasError)) throw error;
    throw new ConfigError(`${setting}: ${error.message}`, [setting, 'sasl.jaas.config']);
  }
}

/** Passwords by user, of all entries. @throws ConfigError where there are none */
function plainPasswords(jaas: string | null, setting: string): ReadonlyMap<string, string> {
  const entries = jaasEntries(jaas, setting);
  const users = new Map(entries.flatMap((entry) => [...plainUsers(entry)]));
  if (users.size > 0) return users;
  // A word that is no name of a module may be a password in the wrong place.
  const other = entries
    .map(({ module }) => module)
    .find((module) => /^[\w.$]+LoginModule$/.test(module) && !OWN_MODULE.test(module));
  const text = `PLAIN needs users here, as in org.apache.kafka.common.security.plain.PlainLoginModule required user_NAME="password";`;
  const why = other === undefined ? '' : ` (${other} is not served)`;
  throw new ConfigError(`${setting}: ${text}${why}`, [setting, 'sasl.jaas.config']);
}
