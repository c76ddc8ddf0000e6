/** DescribeDelegationToken, API key 41. */
import { bytes, int16, int32, message, offset, string, structs } from '../schema.ts';

export const DescribeDelegationTokenRequest = message({
  kind: 'request',
  name: 'DescribeDelegationTokenRequest',
  apiKey: 41,
  versions: '0-3',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  about: 'Asks for delegation tokens.',
  fields: {
    owners: structs(
      'DescribeDelegationTokenOwner',
      { nullable: '0+' },
      {
        principalType: string(),
        principalName: string(),
      },
    ),
  },
});

export const DescribeDelegationTokenResponse = message({
  kind: 'response',
  name: 'DescribeDelegationTokenResponse',
  apiKey: 41,
  versions: '0-3',
  flexible: '2+',
  about: 'The tokens.',
  fields: {
    errorCode: int16(),
    tokens: structs(
      'DescribedDelegationToken',
      {},
      {
        principalType: string(),
        principalName: string(),
        tokenRequesterPrincipalType: string({ versions: '3+' }),
        tokenRequesterPrincipalName: string({ versions: '3+' }),
        issueTimestamp: offset(),
        expiryTimestamp: offset(),
        maxTimestamp: offset(),
        tokenId: string(),
        hmac: bytes({ about: 'The secret of the token.' }),
        renewers: structs(
          'DescribedDelegationTokenRenewer',
          {},
          {
            principalType: string(),
            principalName: string(),
          },
        ),
      },
    ),
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
  },
});
