/** DescribeUserScramCredentials, API key 50. */
import { int16, int32, int8, message, string, structs } from '../schema.ts';

export const DescribeUserScramCredentialsRequest = message({
  kind: 'request',
  name: 'DescribeUserScramCredentialsRequest',
  apiKey: 50,
  versions: '0',
  flexible: '0+',
  listeners: ['broker', 'controller'],
  about: 'Asks which SCRAM credentials users have.',
  fields: {
    users: structs(
      'UserName',
      { nullable: '0+' },
      {
        name: string(),
      },
    ),
  },
});

export const DescribeUserScramCredentialsResponse = message({
  kind: 'response',
  name: 'DescribeUserScramCredentialsResponse',
  apiKey: 50,
  versions: '0',
  flexible: '0+',
  about: 'SCRAM credentials, without their secrets.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    results: structs(
      'DescribeUserScramCredentialsResult',
      {},
      {
        user: string(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
        credentialInfos: structs(
          'CredentialInfo',
          {},
          {
            mechanism: int8({ about: '1 SCRAM-SHA-256, 2 SCRAM-SHA-512.' }),
            iterations: int32({ about: 'Rounds of hashing.' }),
          },
        ),
      },
    ),
  },
});
