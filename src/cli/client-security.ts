/** Security of a command's connections, by the settings of a Kafka client. */
import { systemRandom } from '../base/random.ts';
import type { ClientSecurity, ClientTls, SaslLogin } from '../client/security.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Values } from './client-values.ts';

const PROTOCOLS: readonly string[] = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'];
const SERVED = 'PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER are spoken here';
const JAAS = 'sasl.jaas.config';

/**
 * Null: none is asked for. Its code is loaded where it is.
 * @param where begins the sentences of errors
 * @throws ConfigError
 */
export async function clientSecurity(values: Values, where: string): Promise<ClientSecurity | null> {
  const protocol = values.get('security.protocol')?.trim().toUpperCase() ?? 'PLAINTEXT';
  if (!PROTOCOLS.includes(protocol)) {
    throw new ConfigError(`${where}: security.protocol: ${protocol} is none of ${PROTOCOLS.join(', ')}`);
  }
  if (protocol === 'PLAINTEXT') return null;
  try {
    return {
      tls: protocol.endsWith('SSL') ? await tlsOf(values) : null,
      sasl: protocol.startsWith('SASL') ? await saslOf(values) : null,
    };
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(`${where}: ${error.message}`) : error;
  }
}

async function tlsOf(values: Values): Promise<ClientTls> {
  const { clientTls } = await import('../security/tls/client-tls.ts');
  const text = (name: string): string | null => values.get(name)?.trim() || null;
  const settings = { listener: 'the client', text, nameOf: (name: string): string => name };
  // Set and empty is Kafka's way to say no.
  return clientTls(settings, values.get('ssl.endpoint.identification.algorithm')?.trim() !== '');
}

async function saslOf(values: Values): Promise<SaslLogin> {
  const mechanism = values.get('sasl.mechanism')?.trim() ?? 'GSSAPI';
  const options = await jaasOptions(values);
  if (mechanism === 'OAUTHBEARER') return (await import('./oauth-settings.ts')).oauthLogin(values, options);
  const [user, password] = [options.get('username'), options.get('password')];
  const { isScramMechanism } = await import('../security/sasl/scram-credential.ts');
  if (mechanism !== 'PLAIN' && !isScramMechanism(mechanism)) {
    throw new ConfigError(`sasl.mechanism: ${mechanism}: ${SERVED}`);
  }
  if (user === undefined || password === undefined) {
    throw new ConfigError(`${JAAS}: it needs username="…" and password="…"`);
  }
  const { plainLogin, scramLogin } = await import('../security/sasl/client-logins.ts');
  if (mechanism === 'PLAIN') return plainLogin(user, password);
  const byToken = options.get('tokenauth')?.toLowerCase() === 'true';
  return scramLogin(mechanism, { user, password, byToken }, systemRandom);
}

async function jaasOptions(values: Values): Promise<ReadonlyMap<string, string>> {
  const { JaasError, parseJaas } = await import('../security/sasl/jaas.ts');
  try {
    return parseJaas(values.get(JAAS) ?? '')[0]?.options ?? new Map<string, string>();
  } catch (error) {
    throw error instanceof JaasError ? new ConfigError(`${JAAS}: ${error.message}`) : error;
  }
}
