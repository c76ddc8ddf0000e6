/**
 * RenewDelegationToken (39), versions 0 to 2 (KIP-48): prolongs a token, from now on. Its owner and its renewers may.
 */
import { ApiKey } from '../../protocol/apis.ts';
import {
  type RenewDelegationTokenRequest,
  readRenewDelegationTokenRequest,
} from '../../protocol/generated/renew-delegation-token-request.ts';
import {
  type RenewDelegationTokenResponse,
  writeRenewDelegationTokenResponse,
} from '../../protocol/generated/renew-delegation-token-response.ts';
import type { Input } from '../../protocol/input.ts';
import { outcome } from './api-error.ts';
import { checkTokensAllowed, isNotAllowed, tokensOf } from './token-rights.ts';
import { handler } from './types.ts';

export const renewDelegationTokenHandler = handler<RenewDelegationTokenRequest, Input<RenewDelegationTokenResponse>>({
  apiKey: ApiKey.RenewDelegationToken,
  minVersion: 0,
  maxVersion: 2,
  readRequest: readRenewDelegationTokenRequest,
  writeResponse: writeRenewDelegationTokenResponse,
  async handle(context, { hmac, renewPeriodMs }) {
    let expiryTimestampMs = 0;
    const { errorCode } = await outcome(async () => {
      checkTokensAllowed(context);
      const tokens = tokensOf(context);
      expiryTimestampMs = await tokens.renew(hmac, context.connection.session.principal, renewPeriodMs);
    }, context.services);
    return { errorCode, expiryTimestampMs: isNotAllowed(errorCode) ? -1 : expiryTimestampMs };
  },
});
