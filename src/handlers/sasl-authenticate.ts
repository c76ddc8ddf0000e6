/**
 * SaslAuthenticate (36), versions 0 to 2: carries a token of the mechanism that SaslHandshake chose (KIP-152). v1 tells
 * after how many ms the client must authenticate again (KIP-368). A failure is answered after
 * `connection.failed.authentication.delay.ms`, and the connection closed.
 */
import { ApiKey } from '../../protocol/apis.ts';
import {
  readSaslAuthenticateRequest,
  type SaslAuthenticateRequest,
} from '../../protocol/generated/sasl-authenticate-request.ts';
import {
  type SaslAuthenticateResponse,
  writeSaslAuthenticateResponse,
} from '../../protocol/generated/sasl-authenticate-response.ts';
import type { Input } from '../../protocol/input.ts';
import { type AuthenticateAnswer, NO_SASL, type SaslNegotiation } from '../security/sasl/negotiation.ts';
import { failedAuthentication } from './failed-authentication.ts';
import { CloseConnection, handler, type RequestContext } from './types.ts';

type Response = Input<SaslAuthenticateResponse>;

export const saslAuthenticateHandler = handler<SaslAuthenticateRequest, Response>({
  apiKey: ApiKey.SaslAuthenticate,
  minVersion: 0,
  maxVersion: 2,
  readRequest: readSaslAuthenticateRequest,
  writeResponse: writeSaslAuthenticateResponse,
  handle(context, { authBytes }) {
    const { sasl } = context.connection.session;
    return sasl === null ? responseOf(NO_SASL.authenticate) : authenticate(context, sasl, authBytes);
  },
});

async function authenticate(context: RequestContext, sasl: SaslNegotiation, token: Buffer): Promise<Response> {
  const answer = await sasl.authenticate(Buffer.from(token));
  if (answer === null) throw new CloseConnection('another mechanism than before');
  const response = responseOf(answer);
  return answer.isOver ? failedAuthentication(context, response, answer.reason) : response;
}

function responseOf({ errorCode, errorMessage, authBytes, sessionLifetimeMs }: AuthenticateAnswer): Response {
  return { errorCode, errorMessage, authBytes, sessionLifetimeMs: Math.ceil(sessionLifetimeMs) };
}
