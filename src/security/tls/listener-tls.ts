/** TLS of one listener as its settings have it at the moment: contexts for connections, and names for who shows a certificate. */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext, type PeerCertificate, type SecureContext, type SecureContextOptions } from 'node:tls';
import { ANONYMOUS, type Principal, userPrincipal } from '../principal.ts';
import { DerError } from './der.ts';
import { distinguishedName, subjectOf } from './distinguished-name.ts';
import type { KeyEntry } from './key-material.ts';
import { tlsParameters } from './parameters.ts';
import { type NameMapper, nameMapper, RuleError } from './principal-rules.ts';
import { loadMaterial, type TlsSettings, wrongSetting } from './stores.ts';
import type { ClientAuth, TlsListener } from './types.ts';

/** What a listener works with until its settings or files change. */
export class TlsState {
  readonly clientAuth: ClientAuth;
  readonly keys: readonly KeyEntry[];
  /** Clients are to show a certificate, and nobody says whose is trusted. */
  readonly trustsEverybody: boolean;
  readonly #options: SecureContextOptions;
  readonly #mapName: NameMapper;
  /** By the keys that they have. */
  readonly #contexts = new Map<string, SecureContext>();

  constructor(
    parts: Pick<TlsState, 'clientAuth' | 'keys' | 'trustsEverybody'>,
    options: SecureContextOptions,
    mapName: NameMapper,
  ) {
    this.clientAuth = parts.clientAuth;
    this.keys = parts.keys;
    this.trustsEverybody = parts.trustsEverybody;
    this.#options = options;
    this.#mapName = mapName;
  }

  /**
   * All keys, of which the first of each kind (RSA, EC) is used, as the client can check; or of those whose certificate is for
   * the name, if they are not all, one: Node takes but one out of a context that is chosen by name. Java chooses by kind, and
   * by name where it is told to (PKIX).
   */
  context(serverName: string | null): SecureContext {
    const named = serverName === null ? [] : this.keys.filter(({ chain: [own] }) => isFor(own, serverName));
    if (named.length === 0 || named.length === this.keys.length) return this.#contextOf(firstOfEachKind(this.keys));
    const one = named.find(({ key }) => key.asymmetricKeyType === 'rsa') ?? named[0];
    return this.#contextOf(one === undefined ? [] : [one]);
  }

  #contextOf(keys: readonly KeyEntry[]): SecureContext {
    const name = keys.map((entry) => this.keys.indexOf(entry)).join();
    const known = this.#contexts.get(name);
    if (known !== undefined) return known;
    const made = createSecureContext({
      ...this.#options,
      key: keys.map(({ key }) => pemOf(key)),
      cert: keys.map(({ chain }) => chain.map(String).join('')),
    });
    this.#contexts.set(name, made);
    return made;
  }

  /** The name of a user, or null where no rule has one for it. */
  userOf({ raw }: PeerCertificate): string | null {
    try {
      return this.#mapName(distinguishedName(subjectOf(raw)));
    } catch (error) {
      if (error instanceof DerError) return null;
      throw error;
    }
  }

  /** When the first of its certificates ends, in ms since the epoch. */
  get expiresMs(): number {
    return Math.min(...this.keys.flatMap(({ chain }) => chain.map(({ validToDate }) => validToDate.getTime())));
  }
}

function isFor(certificate: X509Certificate | undefined, serverName: string): boolean {
  // A name with a zero in it is nobody's, and Node throws.
  return !serverName.includes('\0') && certificate?.checkHost(serverName) !== undefined;
}

function firstOfEachKind(keys: readonly KeyEntry[]): KeyEntry[] {
  const kinds = keys.map(({ key }) => key.asymmetricKeyType);
  return keys.filter((_, index) => kinds.indexOf(kinds[index]) === index);
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}

function mapperOf(settings: TlsSettings): NameMapper {
  const name = 'ssl.principal.mapping.rules';
  try {
    return nameMapper(settings.text(name) ?? 'DEFAULT');
  } catch (error) {
    throw error instanceof RuleError ? wrongSetting(settings, name, error.message) : error;
  }
}

/** @throws ConfigError in one line, with the setting in front */
export async function loadTls(settings: TlsSettings): Promise<TlsState> {
  const parameters = tlsParameters(settings);
  const mapName = mapperOf(settings);
  const { keys, trusted } = await loadMaterial(settings);
  const clientAuth = (settings.text('ssl.client.auth') ?? 'none') as ClientAuth;
  const asksForCertificate = clientAuth !== 'none';
  const options: SecureContextOptions = {
    ...parameters,
    // Without a trust store Java takes its own list of authorities, and Node has one, too.
    ...((trusted !== null || !asksForCertificate) && { ca: (trusted ?? []).map(String) }),
    // As Java does, whoever is in the trust store is trusted, authority or not.
    allowPartialTrustChain: true,
    honorCipherOrder: true,
    dhparam: 'auto',
    // Without, OpenSSL ends connections that resume a session with a certificate.
    sessionIdContext: `walka-${settings.listener}`.slice(0, 32),
  };
  const trustsEverybody = asksForCertificate && trusted === null;
  const state = new TlsState({ clientAuth, keys, trustsEverybody }, options, mapName);
  try {
    state.context(null);
  } catch (error) {
    const name = settings.text('ssl.keystore.location') === null ? 'ssl.keystore.key' : 'ssl.keystore.location';
    throw wrongSetting(settings, name, `no TLS can be made of it: ${(error as Error).message}`);
  }
  return state;
}

export class ListenerTls implements TlsListener {
  #state: TlsState;

  constructor(state: TlsState) {
    this.#state = state;
  }

  get state(): TlsState {
    return this.#state;
  }

  /** What connections get from now on. */
  replace(state: TlsState): void {
    this.#state = state;
  }

  get clientAuth(): ClientAuth {
    return this.#state.clientAuth;
  }

  get hasServerNames(): boolean {
    return this.#state.keys.length > 1;
  }

  context(serverName: string | null): SecureContext {
    return this.#state.context(serverName);
  }

  principal(certificate: PeerCertificate | null): Principal | null {
    if (certificate === null) return ANONYMOUS;
    const name = this.#state.userOf(certificate);
    return name === null ? null : userPrincipal(name);
  }
}
