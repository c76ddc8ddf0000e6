/** Key stores, trust stores and their passwords as images have them: by names of files, and in places of their own. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../config-error.ts';
import { readFailure } from '../read-failure.ts';
import { type Environment, firstOf, type GivenSettings } from './given.ts';
import { listenerProtocols } from './protocols.ts';

/** Where images look for certificates. */
export interface CertificatePlaces {
  /** Of apache/kafka and cp-kafka. */
  readonly secrets: string;
  /** Of Bitnami's image; the first that is there counts. */
  readonly bitnami: readonly string[];
}

const PLACES: CertificatePlaces = {
  secrets: '/etc/kafka/secrets',
  bitnami: ['/opt/bitnami/kafka/config/certs', '/bitnami/kafka/config/certs'],
};

/** What a variable names a file for: its path, or what is in it. */
const BY_NAME: readonly (readonly [variable: string, setting: string, is: 'path' | 'contents'])[] = [
  ['KAFKA_SSL_KEYSTORE_FILENAME', 'ssl.keystore.location', 'path'],
  ['KAFKA_SSL_KEYSTORE_CREDENTIALS', 'ssl.keystore.password', 'contents'],
  ['KAFKA_SSL_KEY_CREDENTIALS', 'ssl.key.password', 'contents'],
  ['KAFKA_SSL_TRUSTSTORE_FILENAME', 'ssl.truststore.location', 'path'],
  ['KAFKA_SSL_TRUSTSTORE_CREDENTIALS', 'ssl.truststore.password', 'contents'],
];
const OF_TRUST_STORE = /TRUSTSTORE/;
const BITNAMI: readonly string[] = [
  'KAFKA_TLS_TYPE',
  'KAFKA_TLS_CLIENT_AUTH',
  'KAFKA_TLS_TRUSTSTORE_FILE',
  'KAFKA_CERTIFICATE_PASSWORD',
  'KAFKA_CERTIFICATE_PASSWORD_FILE',
];

/** The text of a file without line breaks at its end. @throws ConfigError that begins with the variable */
function contentsOf(path: string, variable: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\n+$/, '');
  } catch (error) {
    throw new ConfigError(`${variable}: cannot read ${path}: ${readFailure(error)}`);
  }
}

/** As the images do: a trust store counts where clients are asked for certificates. */
function setByName(env: Environment, given: GivenSettings, secrets: string): string[] {
  const asksClients = /required|requested/i.test(given.values.get('ssl.client.auth') ?? '');
  const used: string[] = [];
  for (const [variable, setting, is] of BY_NAME) {
    const name = firstOf(env, [variable])?.value;
    if (name === undefined || (OF_TRUST_STORE.test(variable) && !asksClients)) continue;
    const path = join(secrets, name);
    given.set(setting, is === 'path' ? path : contentsOf(path, variable), variable);
    used.push(variable);
  }
  return used;
}

/** Sets what nobody has set. */
function setDefault(given: GivenSettings, setting: string, value: string, variable: string): void {
  if (!given.values.has(setting)) given.set(setting, value, variable);
}

/** Files with names that are fixed, in a folder that somebody mounted, and one password for all of them. */
function setOfBitnami(env: Environment, given: GivenSettings, places: readonly string[]): string[] {
  const folder = places.find((place) => existsSync(place));
  const used = BITNAMI.filter((variable) => firstOf(env, [variable]) !== null);
  const [variable = 'KAFKA_TLS_TYPE'] = used;
  if (folder === undefined) {
    if (used.length === 0) return [];
    throw new ConfigError(
      `${variable}: its certificates are looked for in ${places.join(' and ')}, and neither is there`,
    );
  }
  const type = (firstOf(env, ['KAFKA_TLS_TYPE'])?.value ?? 'JKS').toUpperCase();
  if (type !== 'JKS' && type !== 'PEM') throw new ConfigError(`KAFKA_TLS_TYPE=${type} is neither JKS nor PEM`);
  const file = (name: string): string => join(folder, name);
  const trust = file(
    firstOf(env, ['KAFKA_TLS_TRUSTSTORE_FILE'])?.value.replace(/^.*\//, '') ?? `kafka.truststore.${type.toLowerCase()}`,
  );
  const set = (setting: string, value: string): void => setDefault(given, setting, value, variable);
  const passwordFile = firstOf(env, ['KAFKA_CERTIFICATE_PASSWORD_FILE']);
  const password =
    passwordFile === null
      ? firstOf(env, ['KAFKA_CERTIFICATE_PASSWORD'])?.value
      : contentsOf(passwordFile.value, passwordFile.variable);
  set('ssl.keystore.type', type);
  set('ssl.truststore.type', type);
  set('ssl.client.auth', firstOf(env, ['KAFKA_TLS_CLIENT_AUTH'])?.value ?? 'required');
  if (password !== undefined) set('ssl.key.password', password);
  if (type === 'PEM') {
    set('ssl.keystore.key', contentsOf(file('kafka.keystore.key'), variable));
    set('ssl.keystore.certificate.chain', contentsOf(file('kafka.keystore.pem'), variable));
    set('ssl.truststore.certificates', contentsOf(trust, variable));
    return used;
  }
  set('ssl.keystore.location', file('kafka.keystore.jks'));
  set('ssl.truststore.location', trust);
  if (password !== undefined) {
    set('ssl.keystore.password', password);
    set('ssl.truststore.password', password);
  }
  return used;
}

/**
 * Sets what variables say of certificates, where a listener has TLS; elsewhere they mean nothing, as in the images. Gives the
 * variables that count.
 * @throws ConfigError for files that cannot be read
 */
export function setCertificates(
  env: Environment,
  given: GivenSettings,
  inImage: boolean,
  places: CertificatePlaces = PLACES,
): readonly string[] {
  if (![...listenerProtocols(given).values()].some((protocol) => protocol.endsWith('SSL'))) return [];
  const used = setByName(env, given, places.secrets);
  const hasKey = [...given.values.keys()].some((name) => /ssl\.keystore\.(?:location|key)$/.test(name));
  return inImage && !hasKey ? setOfBitnami(env, given, places.bitnami) : used;
}
