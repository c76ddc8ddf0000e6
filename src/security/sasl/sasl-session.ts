/** The session of a listener with SASL: nobody is served before he has said who he is. */
import type { SecurityProtocol } from '../../config/listeners.ts';
import type { Principal } from '../principal.ts';
import type { Session } from '../session.ts';
import { type NegotiationOptions, SaslNegotiation } from './negotiation.ts';

export interface SaslSessionOptions extends NegotiationOptions {
  /** Default: SASL_PLAINTEXT. */
  readonly protocol?: SecurityProtocol;
  /** Largest token in bytes: sasl.server.max.receive.size; null: as large as any frame. */
  readonly maxTokenBytes: number | null;
}

export class SaslSession implements Session {
  readonly protocol: SecurityProtocol;
  readonly sasl: SaslNegotiation;
  readonly #maxTokenBytes: number | null;

  constructor(options: SaslSessionOptions) {
    this.protocol = options.protocol ?? 'SASL_PLAINTEXT';
    this.sasl = new SaslNegotiation(options);
    this.#maxTokenBytes = options.maxTokenBytes;
  }

  get principal(): Principal {
    return this.sasl.principal;
  }

  get maxFrameBytes(): number | null {
    return this.sasl.isOpen ? null : this.#maxTokenBytes;
  }

  admits(apiKey: number, precedesAuthentication: boolean): boolean {
    return this.sasl.admits(apiKey, precedesAuthentication);
  }
}
