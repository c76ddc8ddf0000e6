/** RenewDelegationToken, API key 39. */
import { bytes, int16, int32, message, offset } from '../schema.ts';

export const RenewDelegationTokenRequest = message({
  kind: 'request',
  name: 'RenewDelegationTokenRequest',
  apiKey: 39,
  versions: '0-2',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  about: 'Prolongs a delegation token.',
  fields: {
    hmac: bytes({ about: 'The secret of the token.' }),
    renewPeriodMs: offset(),
  },
});

export const RenewDelegationTokenResponse = message({
  kind: 'response',
  name: 'RenewDelegationTokenResponse',
  apiKey: 39,
  versions: '0-2',
  flexible: '2+',
  about: 'When the token expires now.',
  fields: {
    errorCode: int16(),
    expiryTimestampMs: offset(),
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
  },
});
