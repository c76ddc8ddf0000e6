/** Users and their passwords as Bitnami's image has them, in variables beside those of the listeners. */
import { ConfigError } from '../config-error.ts';
import { type Environment, firstOf, type GivenSettings } from './given.ts';
import { clientProtocols } from './protocols.ts';

/** Variables of users and of their passwords, each with the names that they had once. */
const PAIRS: readonly (readonly [users: readonly string[], passwords: readonly string[]])[] = [
  [
    ['KAFKA_CLIENT_USERS', 'KAFKA_BROKER_USER'],
    ['KAFKA_CLIENT_PASSWORDS', 'KAFKA_BROKER_PASSWORD'],
  ],
  [['KAFKA_INTER_BROKER_USER'], ['KAFKA_INTER_BROKER_PASSWORD']],
];

const parts = (text: string): string[] => text.split(/[,; ]+/).filter((part) => part !== '');

/** Passwords by user. */
function usersOf(env: Environment): Map<string, string> {
  const all = new Map<string, string>();
  for (const [userNames, passwordNames] of PAIRS) {
    const users = firstOf(env, userNames);
    if (users === null) continue;
    const passwords = firstOf(env, passwordNames);
    const [names, secrets] = [parts(users.value), parts(passwords?.value ?? '')];
    if (names.length !== secrets.length) {
      const variable = passwords?.variable ?? passwordNames[0];
      throw new ConfigError(`${users.variable} has ${names.length} users: write as many passwords in ${variable}`);
    }
    names.forEach((name, index) => all.set(name, secrets[index] ?? ''));
  }
  return all;
}

/** Names of listeners for clients, in lower case, that ask who a client is. */
function saslListeners(given: GivenSettings): string[] {
  return [...clientProtocols(given)]
    .filter(([, protocol]) => protocol.startsWith('SASL_'))
    .map(([name]) => name.toLowerCase());
}

/**
 * Has those users log in by PLAIN at each listener that asks for it; the image would make them for SCRAM, too. Without such
 * a listener they mean nothing, as there.
 * @throws ConfigError where they are to log in by something else
 */
export function setUsers(env: Environment, given: GivenSettings): void {
  const listeners = saslListeners(given);
  const users = listeners.length === 0 ? new Map<string, string>() : usersOf(env);
  if (users.size === 0) return;
  const mechanisms = given.values.get('sasl.enabled.mechanisms');
  const names = [...users.keys()].join(', ');
  if (mechanisms?.trim().toUpperCase() !== 'PLAIN') {
    const variable = given.variables.get('sasl.enabled.mechanisms') ?? 'KAFKA_CFG_SASL_ENABLED_MECHANISMS';
    throw new ConfigError(
      `users of the environment (${names}) log in by PLAIN and by nothing else: write ${variable}=PLAIN`,
    );
  }
  const options = [...users].map(([name, password]) => {
    if (/["\\]/.test(name + password))
      throw new ConfigError(`${name}: no quotes and backslashes may be in a password here`);
    return `user_${name}="${password}"`;
  });
  const module = `org.apache.kafka.common.security.plain.PlainLoginModule required ${options.join(' ')};`;
  for (const listener of listeners) {
    const setting = `listener.name.${listener}.plain.sasl.jaas.config`;
    if (!given.values.has(setting))
      given.set(
        setting,
        module,
        firstOf(
          env,
          PAIRS.flatMap(([of]) => of),
        )?.variable ?? '',
      );
  }
}
