/** CreateDelegationToken, API key 38. */
import { bytes, int16, int32, message, offset, string, structs } from '../schema.ts';

export const CreateDelegationTokenRequest = message({
  kind: 'request',
  name: 'CreateDelegationTokenRequest',
  apiKey: 38,
  versions: '0-3',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  about: 'Creates a delegation token.',
  fields: {
    ownerPrincipalType: string({ versions: '3+', nullable: '3+' }),
    ownerPrincipalName: string({ versions: '3+', nullable: '3+' }),
    renewers: structs(
      'CreatableRenewers',
      {},
      {
        principalType: string(),
        principalName: string(),
      },
    ),
    maxLifetimeMs: offset(),
  },
});

export const CreateDelegationTokenResponse = message({
  kind: 'response',
  name: 'CreateDelegationTokenResponse',
  apiKey: 38,
  versions: '0-3',
  flexible: '2+',
  about: 'The token.',
  fields: {
    errorCode: int16(),
    principalType: string(),
    principalName: string(),
    tokenRequesterPrincipalType: string({ versions: '3+' }),
    tokenRequesterPrincipalName: string({ versions: '3+' }),
    issueTimestampMs: offset(),
    expiryTimestampMs: offset(),
    maxTimestampMs: offset(),
    tokenId: string(),
    hmac: bytes({ about: 'The secret of the token.' }),
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
  },
});
