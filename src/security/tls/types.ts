/** TLS of a listener, as the server takes it: which certificate is shown to whom, and who shows one. */
import type { PeerCertificate, SecureContext } from 'node:tls';
import type { Principal } from '../principal.ts';

/** Whether clients show a certificate: ssl.client.auth. One that is shown must be trusted in any case. */
export type ClientAuth = 'none' | 'requested' | 'required';

/** What it gives out changes when certificates are renewed; connections that are open stay as they are. */
export interface TlsListener {
  readonly clientAuth: ClientAuth;
  /** Whether `context` depends on the name; if not, it is not asked for one. */
  readonly hasServerNames: boolean;
  /**
   * Key, certificate, whom to trust, versions and ciphers, for a new connection. It must have a `sessionIdContext`:
   * without, OpenSSL ends connections that resume a session with a certificate.
   * What is chosen by name may be that for null, which has keys of several kinds; any other has one.
   * @param serverName what the client asks for (SNI), or null
   */
  context(serverName: string | null): SecureContext;
  /**
   * Null where no rule of ssl.principal.mapping.rules has a name for it: the connection is ended.
   * @param certificate of the client, which is trusted; null: it showed none
   */
  principal(certificate: PeerCertificate | null): Principal | null;
}

/** TLS of all listeners that have it, for whoever changes settings and for metrics. */
export interface TlsControl {
  /**
   * Tries whether listeners could work with these dynamic settings of this broker.
   * @throws KafkaError INVALID_REQUEST: a file or a password that is wrong, or a certificate for somebody else
   */
  check(own: ReadonlyMap<string, string>): Promise<void>;
  /** When the first certificate of each listener ends, in ms since the epoch. */
  expiries(): { readonly listener: string; readonly expiresMs: number }[];
}
