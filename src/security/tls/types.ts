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
   * @param serverName what the client asks for (SNI), or null
   */
  context(serverName: string | null): SecureContext;
  /** @param certificate of the client, which is trusted; null: it showed none */
  principal(certificate: PeerCertificate | null): Principal;
}
