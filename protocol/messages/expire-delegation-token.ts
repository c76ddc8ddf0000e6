/** ExpireDelegationToken, API key 40. */
import { bytes, int16, int32, message, offset } from '../schema.ts';

export const ExpireDelegationTokenRequest = message({
  kind: 'request',
  name: 'ExpireDelegationTokenRequest',
  apiKey: 40,
  versions: '0-2',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  about: 'Shortens or ends a delegation token.',
  fields: {
    hmac: bytes({ about: 'The secret of the token.' }),
    expiryTimePeriodMs: offset(),
  },
});

export const ExpireDelegationTokenResponse = message({
  kind: 'response',
  name: 'ExpireDelegationTokenResponse',
  apiKey: 40,
  versions: '0-2',
  flexible: '2+',
  about: 'When the token expires now.',
  fields: {
    errorCode: int16(),
    expiryTimestampMs: offset(),
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
  },
});
