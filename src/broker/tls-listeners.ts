/** TLS of the listeners that have it, by their settings. */
import { createSecureContext, type PeerCertificate, type SecureContext } from 'node:tls';
import type { BrokerConfig, Listener } from '../config/broker-config.ts';
import { ConfigError } from '../config/config-error.ts';
import { splitList } from '../config/value.ts';
import { ANONYMOUS, type Principal, userPrincipal } from '../security/principal.ts';
import type { ClientAuth, TlsListener } from '../security/tls/types.ts';

/** By the listener's name. @throws ConfigError for settings of which no TLS can be made */
export async function openTls(
  config: BrokerConfig,
  listeners: readonly Listener[],
): Promise<ReadonlyMap<string, TlsListener>> {
  return new Map(listeners.map((listener) => [listener.name, openListener(config, listener.name)]));
}

function openListener(config: BrokerConfig, listener: string): TlsListener {
  const text = (name: string): string | null => config.listenerText(listener, name);
  const context = makeContext(listener, text);
  return {
    clientAuth: text('ssl.client.auth') as ClientAuth,
    hasServerNames: false,
    context: () => context,
    principal,
  };
}

function makeContext(listener: string, text: (name: string) => string | null): SecureContext {
  const cert = pem(listener, text, 'ssl.keystore.certificate.chain');
  const key = pem(listener, text, 'ssl.keystore.key');
  const protocols = splitList(text('ssl.enabled.protocols') ?? '');
  const trusted = text('ssl.truststore.certificates');
  return createSecureContext({
    cert,
    key,
    ...(trusted !== null && { ca: lines(trusted) }),
    minVersion: protocols.includes('TLSv1.2') ? 'TLSv1.2' : 'TLSv1.3',
    maxVersion: protocols.includes('TLSv1.3') ? 'TLSv1.3' : 'TLSv1.2',
    sessionIdContext: `walka-${listener}`.slice(0, 32),
  });
}

function pem(listener: string, text: (name: string) => string | null, name: string): string {
  const value = text(name);
  if (text('ssl.keystore.type') !== 'PEM' || value === null) {
    throw new ConfigError(`${name}: ${listener} has TLS and needs it, with ssl.keystore.type=PEM`, [name]);
  }
  return lines(value);
}

/** PEM whose line breaks may have become spaces in a file of settings. */
function lines(text: string): string {
  return text.replace(/(-----BEGIN [A-Z ]+-----)([^-]+)(-----END [A-Z ]+-----)/g, (_, begin, body: string, end) =>
    [begin, body.trim().replace(/\s+/g, '\n'), end, ''].join('\n'),
  );
}

/** `User:` and the name of the subject, last attribute first, as RFC 2253 writes it. */
function principal(certificate: PeerCertificate | null): Principal {
  if (certificate === null) return ANONYMOUS;
  const attributes = Object.entries(certificate.subject).toReversed();
  return userPrincipal(attributes.map(([name, value]) => `${name}=${String(value)}`).join(','));
}
