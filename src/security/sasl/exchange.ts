/** One SASL authentication on the broker's side: tokens in, tokens out, and in the end a principal (RFC 4422). */
import type { Principal } from '../principal.ts';

/** What a client proved. */
export interface Authenticated {
  readonly principal: Principal;
  /** Clock.now until when it counts, or null: as long as the connection, or as a setting says. */
  readonly expiresMs: number | null;
  /** It authenticated with a delegation token, which may not be used to make others. */
  readonly byToken: boolean;
}

export interface SaslStep {
  /** To be sent to the client. */
  readonly token: Buffer;
  /** Null while more is to come. */
  readonly done: Authenticated | null;
}

export interface SaslExchange {
  /** @throws SaslError: the client is not who it says, or its token is malformed; the exchange is over then */
  step(token: Buffer): SaslStep | Promise<SaslStep>;
}

/** The authentication failed. The message is for the client and must not tell more than Kafka's does. */
export class SaslError extends Error {
  override readonly name = 'SaslError';
  /** For the log; must hold nothing secret. */
  readonly reason: string;

  constructor(message: string, reason: string = message) {
    super(message);
    this.reason = reason;
  }
}

/** Who fails by his credentials is told nothing of them: not even whether there is somebody of his name. */
export class InvalidCredentials extends SaslError {
  readonly mechanism: string;

  /** @param isAgain he was known before, and is to say once more who he is */
  constructor(mechanism: string, isAgain = false) {
    const during = isAgain ? 're-authentication' : 'authentication';
    super(`Authentication failed during ${during} due to invalid credentials with SASL mechanism ${mechanism}`);
    this.mechanism = mechanism;
  }
}

/** What whoever wants to be somebody else is told. */
export const OTHER_ID = 'Authentication failed: Client requested an authorization id that is different from username';

export const NO_TOKEN = Buffer.alloc(0);
