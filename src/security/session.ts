/**
 * Who is at the other end of a connection, and what is served to it before that is known. One for each connection; how
 * it comes to know is the listener's matter: nothing to be said (here), a certificate, SASL (sasl/sasl-session.ts).
 */
import type { SecurityProtocol } from '../config/listeners.ts';
import { ANONYMOUS, type Principal } from './principal.ts';
import type { SaslNegotiation } from './sasl/negotiation.ts';

export interface Session {
  /** Of the listener: what the channel keeps from others, and how the client says who it is. */
  readonly protocol: SecurityProtocol;
  /** Whom requests are from, from the next request on: it changes when the client authenticates. */
  readonly principal: Principal;
  /** How the client authenticates; null on a listener without SASL. */
  readonly sasl: SaslNegotiation | null;
  /** Bounds frames while the client is unknown, in bytes; null: as for everybody. */
  readonly maxFrameBytes: number | null;
  /**
   * Whether a request is served now; a connection that asks for what is not is closed.
   * @param precedesAuthentication the API may be served before the client has said who it is
   */
  admits(apiKey: number, precedesAuthentication: boolean): boolean;
}

/** Of a listener that asks nobody who he is, or knows it from a certificate. */
export class OpenSession implements Session {
  readonly protocol: SecurityProtocol;
  readonly principal: Principal;
  readonly sasl = null;
  readonly maxFrameBytes = null;

  constructor(protocol: SecurityProtocol = 'PLAINTEXT', principal: Principal = ANONYMOUS) {
    this.protocol = protocol;
    this.principal = principal;
  }

  admits(): boolean {
    return true;
  }
}
