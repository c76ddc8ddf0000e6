/** TLS of a client, by the settings `ssl.…` of Kafka's clients. */
import type { ClientTls } from '../../client/security.ts';
import { tlsParameters } from './parameters.ts';
import { loadKeys, loadTrusted, type TlsSettings } from './stores.ts';

const OWN_KEY = ['ssl.keystore.location', 'ssl.keystore.key', 'ssl.keystore.certificate.chain'];

/**
 * @param checksHost whether the other side's certificate must be for its host
 * @throws ConfigError in one line, with the setting in front
 */
export async function clientTls(settings: TlsSettings, checksHost: boolean): Promise<ClientTls> {
  const hasKey = OWN_KEY.some((name) => settings.text(name) !== null);
  const [own] = hasKey ? await loadKeys(settings) : [];
  const trusted = await loadTrusted(settings);
  return {
    ...tlsParameters(settings),
    ...(trusted !== null && { ca: trusted.map(String) }),
    ...(own !== undefined && {
      cert: own.chain.map(String).join(''),
      key: own.key.export({ type: 'pkcs8', format: 'pem' }) as string,
    }),
    checksHost,
  };
}

/** Of options in JAAS, where Kafka has the TLS towards a provider of tokens; null: there are none. @throws ConfigError */
export async function jaasTls(options: ReadonlyMap<string, string>, setting: string): Promise<ClientTls | null> {
  if (![...options.keys()].some((name) => name.startsWith('ssl.'))) return null;
  const text = (name: string): string | null => options.get(name)?.trim() || null;
  const settings = { listener: setting, text, nameOf: (name: string): string => `${setting}: ${name}` };
  return clientTls(settings, options.get('ssl.endpoint.identification.algorithm')?.trim() !== '');
}
