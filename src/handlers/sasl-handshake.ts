/**
 * SaslHandshake (17), versions 0 and 1: chooses a mechanism (KIP-43). After v0 bare tokens follow, after v1 SaslAuthenticate.
 * A mechanism that is not there is answered with those that are, after `connection.failed.authentication.delay.ms`, and
 * the connection closed; on a listener without SASL the answer is ILLEGAL_SASL_STATE and the connection goes on.
 */
import { ApiKey } from '../../protocol/apis.ts';
import {
  readSaslHandshakeRequest,
  type SaslHandshakeRequest,
} from '../../protocol/generated/sasl-handshake-request.ts';
import {
  type SaslHandshakeResponse,
  writeSaslHandshakeResponse,
} from '../../protocol/generated/sasl-handshake-response.ts';
import type { Input } from '../../protocol/input.ts';
import { NO_SASL } from '../security/sasl/negotiation.ts';
import { failedAuthentication } from './failed-authentication.ts';
import { CloseConnection, handler } from './types.ts';

/** Letters of what a stranger says that reach the log. */
const MAX_LOGGED = 32;

export const saslHandshakeHandler = handler<SaslHandshakeRequest, Input<SaslHandshakeResponse>>({
  apiKey: ApiKey.SaslHandshake,
  minVersion: 0,
  maxVersion: 1,
  readRequest: readSaslHandshakeRequest,
  writeResponse: writeSaslHandshakeResponse,
  handle(context, { mechanism }) {
    const { sasl } = context.connection.session;
    const answer = sasl === null ? NO_SASL.handshake : sasl.handshake(mechanism, context.apiVersion);
    if (answer === null) throw new CloseConnection('another authentication than before');
    return answer.isOver
      ? failedAuthentication(context, answer, `mechanism ${mechanism.slice(0, MAX_LOGGED)}`)
      : answer;
  },
});
