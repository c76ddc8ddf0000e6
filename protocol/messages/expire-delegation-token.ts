/** ExpireDelegationToken, API key 40. */
import { bytes, int16, int32, message, offset } from '../schema.ts';

export const ExpireDelegationTokenRequest = message({
  kind: 'request',
  name: 'ExpireDelegationTokenRequest',
  apiKey: 40,
  versions: '1-2',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  about: 'ExpireDelegationTokenRequest',
  fields: {
    hmac: bytes(),
    expiryTimePeriodMs: offset(),
  },
});

export const ExpireDelegationTokenResponse = message({
  kind: 'response',
  name: 'ExpireDelegationTokenResponse',
  apiKey: 40,
  versions: '1-2',
  flexible: '2+',
  about: 'ExpireDelegationTokenResponse',
  fields: {
    errorCode: int16(),
    expiryTimestampMs: offset(),
    throttleTimeMs: int32(),
  },
});
