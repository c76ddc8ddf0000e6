/** Versions and cipher suites of a listener, by its settings. */
import type { SecureContextOptions } from 'node:tls';
import { splitList } from '../../config/value.ts';
import { cipherList, preferredCiphers } from './cipher-suites.ts';
import { type TlsSettings, wrongSetting } from './stores.ts';

export type Parameters = Pick<SecureContextOptions, 'minVersion' | 'maxVersion' | 'ciphers'>;

/** What Java knows; only the first two are safe, and served. */
const PROTOCOLS: readonly string[] = ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1', 'SSLv3', 'SSLv2Hello'];
/** Java's names for a bundle of versions, which `ssl.protocol` may be as well; ssl.enabled.protocols says what is offered. */
const BUNDLES: readonly string[] = ['TLS', 'SSL', 'SSLv2'];

/** @throws ConfigError for names that nobody knows, and where nothing is left that is served */
export function tlsParameters(settings: TlsSettings): Parameters {
  const [enabled, suites] = ['ssl.enabled.protocols', 'ssl.cipher.suites'] as const;
  const names = splitList(settings.text(enabled) ?? 'TLSv1.2,TLSv1.3');
  checkNames(settings, enabled, names, PROTOCOLS);
  checkNames(settings, 'ssl.protocol', splitList(settings.text('ssl.protocol') ?? ''), [...PROTOCOLS, ...BUNDLES]);
  const { ciphers, hasTls12, hasTls13, unknown } = cipherList(splitList(settings.text(suites) ?? ''));
  if (unknown.length > 0) throw wrongSetting(settings, suites, `${unknown.join(', ')}: not known here`);
  const isFree = ciphers === '';
  const offered = [
    ...(names.includes('TLSv1.2') && (isFree || hasTls12) ? (['TLSv1.2'] as const) : []),
    ...(names.includes('TLSv1.3') && (isFree || hasTls13) ? (['TLSv1.3'] as const) : []),
  ];
  const [minVersion] = offered;
  const maxVersion = offered.at(-1);
  if (minVersion !== undefined && maxVersion !== undefined) {
    return { minVersion, maxVersion, ciphers: isFree ? preferredCiphers() : ciphers };
  }
  const text = isFree ? 'TLSv1.2 and TLSv1.3 are served' : `${suites} has no suite for ${names.join(' and ')}`;
  throw wrongSetting(settings, enabled, text, suites);
}

function checkNames(settings: TlsSettings, name: string, given: readonly string[], known: readonly string[]): void {
  const unknown = given.find((one) => !known.includes(one));
  if (unknown === undefined) return;
  throw wrongSetting(settings, name, `${unknown} is none of ${known.join(', ')}`);
}
