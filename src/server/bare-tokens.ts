/** The tokens of a client that said hello with SaslHandshake v0: frames that are no requests, answered by frames (KIP-43). */
import type { Slice } from '../base/counted.ts';
import { failedAuthentication } from '../handlers/failed-authentication.ts';
import { type BrokerServices, CloseConnection, type ConnectionInfo } from '../handlers/types.ts';
import { SaslError } from '../security/sasl/exchange.ts';
import type { SaslNegotiation } from '../security/sasl/negotiation.ts';

const PREFIX_BYTES = 4;

/**
 * The answer as a frame.
 * @throws CloseConnection (as a rejection) where the client is not who it says, as late as others are told that
 */
export async function answerToken(
  services: BrokerServices,
  connection: ConnectionInfo,
  sasl: SaslNegotiation,
  frame: Slice,
): Promise<Buffer> {
  const token = Buffer.from(frame.bytes);
  frame.owner.release();
  try {
    const answer = await sasl.token(token);
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix.writeInt32BE(answer.length);
    return Buffer.concat([prefix, answer]);
  } catch (error) {
    if (!(error instanceof SaslError)) throw error;
    await failedAuthentication({ services, connection }, null, error.reason);
    throw new CloseConnection('authentication failed');
  }
}
