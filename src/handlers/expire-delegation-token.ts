/**
 * ExpireDelegationToken (40), versions 0 to 2 (KIP-48): has a token expire at a time, or below zero removes it. Its owner and its
 * renewers may.
 */
import { ApiKey } from '../../protocol/apis.ts';
import {
  type ExpireDelegationTokenRequest,
  readExpireDelegationTokenRequest,
} from '../../protocol/generated/expire-delegation-token-request.ts';
import {
  type ExpireDelegationTokenResponse,
  writeExpireDelegationTokenResponse,
} from '../../protocol/generated/expire-delegation-token-response.ts';
import type { Input } from '../../protocol/input.ts';
import { outcome } from './api-error.ts';
import { checkTokensAllowed, isNotAllowed, tokensOf } from './token-rights.ts';
import { handler } from './types.ts';

export const expireDelegationTokenHandler = handler<ExpireDelegationTokenRequest, Input<ExpireDelegationTokenResponse>>(
  {
    apiKey: ApiKey.ExpireDelegationToken,
    minVersion: 0,
    maxVersion: 2,
    readRequest: readExpireDelegationTokenRequest,
    writeResponse: writeExpireDelegationTokenResponse,
    async handle(context, { hmac, expiryTimePeriodMs }) {
      let expiryTimestampMs = 0;
      const { errorCode } = await outcome(async () => {
        checkTokensAllowed(context);
        const tokens = tokensOf(context);
        expiryTimestampMs = await tokens.expire(hmac, context.connection.session.principal, expiryTimePeriodMs);
      }, context.services);
      return { errorCode, expiryTimestampMs: isNotAllowed(errorCode) ? -1 : expiryTimestampMs };
    },
  },
);
