/** How a client's connections are kept from others, and how it says who it is. */
import type { SecureContextOptions } from 'node:tls';

export interface ClientSecurity {
  /** Null: connections have no TLS. */
  readonly tls: ClientTls | null;
  /** Null: nobody is asked. */
  readonly sasl: SaslLogin | null;
}

export interface ClientTls extends SecureContextOptions {
  /** Whether the broker's certificate must be for the host that is connected to. */
  readonly checksHost: boolean;
}

export interface SaslLogin {
  /** As Kafka names it. */
  readonly mechanism: string;
  /** For one connection. */
  begin(): SaslConversation;
}

export interface SaslConversation {
  /**
   * What to send in answer to what the broker sent, at first nothing; null: that was the end.
   * @throws ClientError where the broker does not prove that it knows the password
   */
  respond(challenge: Buffer): Promise<Buffer | null>;
}
