/** The tokens of a client that said hello with SaslHandshake v0: frames that are no requests, answered by frames (KIP-43). */
import type { Slice } from '../base/counted.ts';
import { CloseConnection } from '../handlers/types.ts';
import type { Session } from '../security/session.ts';

const PREFIX_BYTES = 4;

/** The answer as a frame. @throws CloseConnection (as a rejection) where the client is not who it says */
export async function answerToken({ sasl }: Session, frame: Slice): Promise<Buffer> {
  const token = Buffer.from(frame.bytes);
  frame.owner.release();
  const answer = (await sasl?.token(token)) ?? null;
  if (answer === null) throw new CloseConnection('authentication failed');
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeInt32BE(answer.length);
  return Buffer.concat([prefix, answer]);
}
