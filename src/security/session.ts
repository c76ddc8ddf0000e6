/**
 * Who is at the other end of a connection, and what is served to it before that is known. One for each connection; how
 * it comes to know is the listener's matter: nothing to be said (here), a certificate, SASL.
 */
import { ANONYMOUS, type Principal } from './principal.ts';

export interface Session {
  /** Whom requests are from, from the next request on: it changes when the client authenticates. */
  readonly principal: Principal;
  /**
   * Whether a request is served now; a connection that asks for what is not is closed.
   * @param precedesAuthentication the API is served before the client has said who it is
   */
  admits(precedesAuthentication: boolean): boolean;
}

/** Of a listener that asks nobody who he is. */
export class OpenSession implements Session {
  readonly principal: Principal;

  constructor(principal: Principal = ANONYMOUS) {
    this.principal = principal;
  }

  admits(): boolean {
    return true;
  }
}
