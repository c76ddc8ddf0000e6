/** SASL on a new connection (KIP-152): which mechanism, then tokens both ways until both are content. */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, errorText, KafkaError } from '../../protocol/errors.ts';
import {
  type SaslAuthenticateRequest,
  writeSaslAuthenticateRequest,
} from '../../protocol/generated/sasl-authenticate-request.ts';
import {
  type SaslAuthenticateResponse,
  readSaslAuthenticateResponse,
} from '../../protocol/generated/sasl-authenticate-response.ts';
import { writeSaslHandshakeRequest } from '../../protocol/generated/sasl-handshake-request.ts';
import { readSaslHandshakeResponse } from '../../protocol/generated/sasl-handshake-response.ts';
import { api, type Api } from './api.ts';
import type { Input } from '../../protocol/input.ts';
import type { SaslLogin } from './security.ts';

/** What asks a broker, one thing after the other. */
export interface Caller {
  call<Request, Response>(api: Api<Request, Response>, request: Input<Request>): Promise<Response>;
}

/** Version 0 has no SaslAuthenticate behind it. */
const SASL_HANDSHAKE = api(ApiKey.SaslHandshake, writeSaslHandshakeRequest, readSaslHandshakeResponse, {
  minVersion: 1,
});

const SASL_AUTHENTICATE = api<SaslAuthenticateRequest, SaslAuthenticateResponse>(
  ApiKey.SaslAuthenticate,
  writeSaslAuthenticateRequest,
  readSaslAuthenticateResponse,
);

/** @throws KafkaError SASL_AUTHENTICATION_FAILED, UNSUPPORTED_SASL_MECHANISM; ClientError; as a rejection */
export async function logIn(connection: Caller, { mechanism, begin }: SaslLogin): Promise<void> {
  const { errorCode, mechanisms } = await connection.call(SASL_HANDSHAKE, { mechanism });
  if (errorCode === ErrorCode.UNSUPPORTED_SASL_MECHANISM) {
    const served = mechanisms.length === 0 ? 'none' : mechanisms.join(', ');
    throw new KafkaError(errorCode, `the broker does not serve ${mechanism}, but ${served}`);
  }
  if (errorCode === ErrorCode.ILLEGAL_SASL_STATE) {
    throw new KafkaError(errorCode, 'nobody logs in at this listener (security.protocol without SASL?)');
  }
  if (errorCode !== ErrorCode.NONE) throw new KafkaError(errorCode, errorText(errorCode));
  const conversation = begin();
  let token = await conversation.respond(Buffer.alloc(0));
  while (token !== null) {
    const answer = await connection.call(SASL_AUTHENTICATE, { authBytes: token });
    if (answer.errorCode !== ErrorCode.NONE) {
      throw new KafkaError(answer.errorCode, answer.errorMessage ?? errorText(answer.errorCode));
    }
    token = await conversation.respond(Buffer.from(answer.authBytes));
  }
}
