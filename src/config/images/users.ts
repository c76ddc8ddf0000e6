/** Users and their passwords as Bitnami's image has them, in variables beside those of the listeners. */
import { ConfigError } from '../config-error.ts';
import { SCRAM_USERS } from '../scram-users.ts';
import { splitList } from '../value.ts';
import { type Environment, firstOf, type GivenSettings } from './given.ts';
import { listenerProtocols } from './protocols.ts';

/** Variables of users and of their passwords, each with the names that they had once. */
const PAIRS: readonly (readonly [users: readonly string[], passwords: readonly string[]])[] = [
  [
    ['KAFKA_CLIENT_USERS', 'KAFKA_BROKER_USER'],
    ['KAFKA_CLIENT_PASSWORDS', 'KAFKA_BROKER_PASSWORD'],
  ],
  [['KAFKA_INTER_BROKER_USER'], ['KAFKA_INTER_BROKER_PASSWORD']],
];

const parts = (text: string): string[] => text.split(/[,; ]+/).filter((part) => part !== '');

/** Of who comes to a listener of controllers, beside the others. */
const OF_CONTROLLERS: typeof PAIRS = [[['KAFKA_CONTROLLER_USER'], ['KAFKA_CONTROLLER_PASSWORD']]];

/** Passwords by user. */
function usersOf(env: Environment, pairs: typeof PAIRS): Map<string, string> {
  const all = new Map<string, string>();
  for (const [userNames, passwordNames] of pairs) {
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

/** Names of listeners, in lower case, that ask who a client is. */
function saslListeners(given: GivenSettings): string[] {
  return [...listenerProtocols(given)]
    .filter(([, protocol]) => protocol.startsWith('SASL_'))
    .map(([name]) => name.toLowerCase());
}

const SCRAM_MECHANISMS: readonly string[] = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];
const MECHANISMS = 'sasl.enabled.mechanisms';

/** Names of listeners, in lower case, that are for controllers. */
function controllerListeners({ values }: GivenSettings): readonly string[] {
  return splitList(values.get('controller.listener.names') ?? '').map((name) => name.toLowerCase());
}

/**
 * Has those users log in at each listener that asks for it, by PLAIN and by SCRAM as the enabled mechanisms are; without
 * such a listener they mean nothing, as there.
 * @throws ConfigError where they are to log in by nothing of that
 */
export function setUsers(env: Environment, given: GivenSettings): void {
  const listeners = saslListeners(given);
  const controllers = listeners.filter((name) => controllerListeners(given).includes(name));
  const common = usersOf(env, listeners.length === 0 ? [] : PAIRS);
  const users = new Map([...common, ...usersOf(env, controllers.length === 0 ? [] : OF_CONTROLLERS)]);
  if (users.size === 0) return;
  const variable =
    firstOf(
      env,
      [...PAIRS, ...OF_CONTROLLERS].flatMap(([of]) => of),
    )?.variable ?? '';
  // All of them are the image's default.
  if (!given.values.get(MECHANISMS)?.trim()) {
    given.values.delete(MECHANISMS);
    given.variables.delete(MECHANISMS);
    given.set(MECHANISMS, ['PLAIN', ...SCRAM_MECHANISMS].join(','), variable);
  }
  const mechanisms = splitList((given.values.get(MECHANISMS) ?? '').toUpperCase());
  const scram = SCRAM_MECHANISMS.filter((mechanism) => mechanisms.includes(mechanism));
  if (!mechanisms.includes('PLAIN') && scram.length === 0) {
    const names = [...users.keys()].join(', ');
    const asked = given.variables.get(MECHANISMS) ?? variable;
    throw new ConfigError(
      `users of the environment (${names}) log in by PLAIN and SCRAM: write ${asked}=PLAIN, or SCRAM-SHA-512`,
    );
  }
  for (const [name, password] of users) {
    if (/["\\]/.test(name + password))
      throw new ConfigError(`${name}: no quotes and backslashes may be in a password here`);
  }
  if (scram.length > 0 && !given.values.has(SCRAM_USERS)) {
    const fields = [...users].map(([name, password]) => `[name="${name}",password="${password}"]`);
    given.set(SCRAM_USERS, scram.flatMap((one) => fields.map((of) => `${one}=${of}`)).join('\n'), variable);
  }
  if (!mechanisms.includes('PLAIN')) return;
  for (const listener of listeners) {
    const setting = `listener.name.${listener}.plain.sasl.jaas.config`;
    const known = controllers.includes(listener) ? users : common;
    if (known.size > 0 && !given.values.has(setting)) given.set(setting, plainModule(known), variable);
  }
}

function plainModule(users: ReadonlyMap<string, string>): string {
  const options = [...users].map(([name, password]) => `user_${name}="${password}"`);
  return `org.apache.kafka.common.security.plain.PlainLoginModule required ${options.join(' ')};`;
}
