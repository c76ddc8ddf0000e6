/**
 * The ways in which clients come to a listener that asks who they are: what the broker is told, and what the client
 * programs are, by files whose names are in WALKA_CLIENT_SECURITY and WALKA_CLIENT_PROPERTIES.
 */
import { pbkdf2Sync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrokerProcess } from '../support/broker-process.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { TokenProvider } from '../support/token-provider.ts';
import { WireClient } from '../support/wire-client.ts';
import { keyStore, type StoreType, trustStore } from './client-stores.ts';
import { AlterUserScramCredentials } from '../support/config-apis.ts';

export type Protocol = 'SASL_PLAINTEXT' | 'SSL' | 'SASL_SSL';
export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
export type Mechanism = ScramMechanism | 'OAUTHBEARER';

/** What the file for the client programs says. */
export interface ClientSecurity {
  readonly protocol: Protocol;
  readonly mechanism?: Mechanism;
  readonly username?: string;
  readonly password?: string;
  /** Files, as PEM. */
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  /** The same in the settings of librdkafka and of the Java clients, who have them as a file of properties, too. */
  readonly librdkafka: Readonly<Record<string, string>>;
  readonly java: Readonly<Record<string, string>>;
  /** A file of properties with those of librdkafka. */
  readonly librdkafkaFile: string;
}

/** A way to come in. */
export interface SecurityKind {
  readonly protocol: Protocol;
  readonly mechanism?: Mechanism;
  /** The broker's keys and certificates, and those of Java's clients, lie in stores of this type. */
  readonly stores?: StoreType;
}

export interface PreparedSecurity {
  readonly brokerSettings: Readonly<Record<string, string>>;
  /** For the client programs. */
  readonly environment: Readonly<Record<string, string>>;
  /** Does what needs a broker that runs. */
  prepare(broker: BrokerProcess): Promise<void>;
  close(): Promise<void>;
}

// Not one with , or =, which kafka-python sends as they are, and so as another name.
const USERNAME = 'carol';
const PASSWORD = 'p"e;n c\\il é';
const CLIENT_SECRET = 'keep-this';
/** In the certificate, and as the broker calls who shows it. */
const SUBJECT = 'C=CH,O=Walka,OU=Conformance,CN=client';
const CLIENT_NAME = 'CN=client,OU=Conformance,O=Walka,C=CH';
const ITERATIONS = 4096;
const HASHES = { 'SCRAM-SHA-256': ['sha256', 1, 32], 'SCRAM-SHA-512': ['sha512', 2, 64] } as const;

async function addScramUser(broker: BrokerProcess, mechanism: ScramMechanism): Promise<void> {
  const [hash, code, byteLength] = HASHES[mechanism];
  const salt = Buffer.from('a salt of its own');
  const saltedPassword = pbkdf2Sync(PASSWORD, salt, ITERATIONS, byteLength, hash);
  const upsertion = { name: USERNAME, mechanism: code, iterations: ITERATIONS, salt, saltedPassword };
  const client = await WireClient.open(broker.port);
  const { results } = await client.call(AlterUserScramCredentials, 0, { deletions: [], upsertions: [upsertion] });
  client.close();
  if (results[0]?.errorCode !== 0) throw new Error(`the user was refused: ${JSON.stringify(results)}`);
}

/** A value in double quotes, as JAAS has it. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

interface TlsFiles {
  readonly brokerSettings: Readonly<Record<string, string>>;
  readonly client: Pick<ClientSecurity, 'ca' | 'certificate' | 'key'>;
  readonly librdkafka: Readonly<Record<string, string>>;
  readonly java: Readonly<Record<string, string>>;
}

const oneLine = (pem: string): string => pem.trim().replaceAll('\n', '\\n');

/** The broker's own: in its settings, or in stores. */
async function brokerTls(
  directory: string,
  stores: StoreType | undefined,
  server: Issued,
  root: Authority,
): Promise<Readonly<Record<string, string>>> {
  if (stores === undefined) {
    return {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.certificate.chain': oneLine(server.chain),
      'ssl.keystore.key': oneLine(server.key),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.certificates': oneLine(root.certificate),
    };
  }
  const trusted = await trustStore(stores, directory, 'broker-trust', root.certificate);
  return { ...(await keyStore(stores, directory, 'broker', server)), ...trusted };
}

/** Certificates of an authority of the test's own. Clients have them in files; Java's in stores, PKCS12 if not told. */
async function makeTls(directory: string, isMutual: boolean, stores?: StoreType): Promise<TlsFiles> {
  const root = await Authority.create();
  const authority = await root.intermediate();
  const server = await authority.issue('CN=localhost');
  const client = await authority.issue(SUBJECT);
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(directory, name), text);
    return join(directory, name);
  };
  const ca = await file('ca.pem', root.certificate);
  const certificate = await file('client.pem', client.chain);
  const key = await file('client.key', client.key);
  const ofJava = stores ?? 'PKCS12';
  const own = await keyStore(ofJava, directory, 'client', client);
  return {
    brokerSettings: {
      ...(await brokerTls(directory, stores, server, root)),
      'ssl.client.auth': isMutual ? 'required' : 'none',
    },
    client: isMutual ? { ca, certificate, key } : { ca },
    librdkafka: {
      'ssl.ca.location': ca,
      ...(isMutual ? { 'ssl.certificate.location': certificate, 'ssl.key.location': key } : {}),
    },
    java: { ...(await trustStore(ofJava, directory, 'truststore', root.certificate)), ...(isMutual ? own : {}) },
  };
}

const NO_TLS: TlsFiles = { brokerSettings: {}, client: {}, librdkafka: {}, java: {} };

interface Sasl {
  readonly brokerSettings: Readonly<Record<string, string>>;
  readonly librdkafka: Readonly<Record<string, string>>;
  readonly java: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  prepare(broker: BrokerProcess): Promise<void>;
  close(): Promise<void>;
}

const NO_SASL: Sasl = {
  brokerSettings: {},
  librdkafka: {},
  java: {},
  environment: {},
  prepare: async () => {},
  close: async () => {},
};

async function makeSasl(mechanism: Mechanism | undefined): Promise<Sasl> {
  if (mechanism === undefined) return NO_SASL;
  if (mechanism === 'OAUTHBEARER') return makeOAuth();
  const module = 'org.apache.kafka.common.security.scram.ScramLoginModule';
  const jaas = `${module} required username=${quoted(USERNAME)} password=${quoted(PASSWORD)};`;
  return {
    ...NO_SASL,
    brokerSettings: { 'sasl.enabled.mechanisms': mechanism },
    librdkafka: { 'sasl.mechanisms': mechanism, 'sasl.username': USERNAME, 'sasl.password': PASSWORD },
    java: { 'sasl.mechanism': mechanism, 'sasl.jaas.config': jaas },
    prepare: (broker) => addScramUser(broker, mechanism),
  };
}

/** Tokens of a provider on this machine, which clients get for a secret (KIP-768). */
async function makeOAuth(): Promise<Sasl> {
  const provider = await TokenProvider.open();
  provider.clients.set(USERNAME, CLIENT_SECRET);
  const oauth = 'org.apache.kafka.common.security.oauthbearer';
  return {
    brokerSettings: {
      'sasl.enabled.mechanisms': 'OAUTHBEARER',
      'sasl.oauthbearer.jwks.endpoint.url': provider.url,
      'sasl.oauthbearer.expected.issuer': provider.issuer,
      'sasl.oauthbearer.expected.audience': 'walka',
    },
    librdkafka: {
      'sasl.mechanisms': 'OAUTHBEARER',
      'sasl.oauthbearer.method': 'oidc',
      'sasl.oauthbearer.client.id': USERNAME,
      'sasl.oauthbearer.client.secret': CLIENT_SECRET,
      'sasl.oauthbearer.token.endpoint.url': provider.tokenUrl,
    },
    java: {
      'sasl.mechanism': 'OAUTHBEARER',
      'sasl.login.callback.handler.class': `${oauth}.OAuthBearerLoginCallbackHandler`,
      'sasl.oauthbearer.token.endpoint.url': provider.tokenUrl,
      'sasl.jaas.config': `${oauth}.OAuthBearerLoginModule required clientId="${USERNAME}" clientSecret="${CLIENT_SECRET}";`,
    },
    environment: { JAVA_TOOL_OPTIONS: `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${provider.tokenUrl}` },
    prepare: async () => {},
    close: () => provider[Symbol.asyncDispose](),
  };
}

function propertyLines(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** @param directory for the files of the clients */
export async function prepareSecurity(kind: SecurityKind, directory: string): Promise<PreparedSecurity> {
  const { protocol, mechanism } = kind;
  const tls = protocol === 'SASL_PLAINTEXT' ? NO_TLS : await makeTls(directory, protocol === 'SSL', kind.stores);
  const sasl = await makeSasl(mechanism);
  const librdkafkaFile = join(directory, 'librdkafka.properties');
  const security: ClientSecurity = {
    protocol,
    librdkafkaFile,
    ...(mechanism && { mechanism, username: USERNAME, password: PASSWORD }),
    ...tls.client,
    librdkafka: {
      'security.protocol': protocol,
      ...tls.librdkafka,
      ...sasl.librdkafka,
    },
    java: {
      'security.protocol': protocol,
      ...tls.java,
      ...sasl.java,
    },
  };
  await writeFile(librdkafkaFile, propertyLines(security.librdkafka));
  const file = join(directory, 'security.json');
  await writeFile(file, JSON.stringify(security));
  const properties = join(directory, 'client.properties');
  // Only Java takes backslashes for something else.
  await writeFile(properties, propertyLines(security.java).replaceAll('\\', '\\\\'));
  return {
    brokerSettings: {
      ...tls.brokerSettings,
      ...sasl.brokerSettings,
      // Whoever is not who the client says may do nothing.
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': `User:ANONYMOUS;User:${mechanism === undefined ? CLIENT_NAME : USERNAME}`,
    },
    environment: { WALKA_CLIENT_SECURITY: file, WALKA_CLIENT_PROPERTIES: properties, ...sasl.environment },
    prepare: sasl.prepare,
    close: sasl.close,
  };
}
