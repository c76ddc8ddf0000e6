/** AlterUserScramCredentials, API key 51. */
import { bytes, int16, int32, int8, message, string, structs } from '../schema.ts';

export const AlterUserScramCredentialsRequest = message({
  kind: 'request',
  name: 'AlterUserScramCredentialsRequest',
  apiKey: 51,
  versions: '0',
  flexible: '0+',
  listeners: ['broker', 'controller'],
  about: 'AlterUserScramCredentialsRequest',
  fields: {
    deletions: structs(
      'ScramCredentialDeletion',
      {},
      {
        name: string(),
        mechanism: int8(),
      },
    ),
    upsertions: structs(
      'ScramCredentialUpsertion',
      {},
      {
        name: string(),
        mechanism: int8(),
        iterations: int32(),
        salt: bytes(),
        saltedPassword: bytes(),
      },
    ),
  },
});

export const AlterUserScramCredentialsResponse = message({
  kind: 'response',
  name: 'AlterUserScramCredentialsResponse',
  apiKey: 51,
  versions: '0',
  flexible: '0+',
  about: 'AlterUserScramCredentialsResponse',
  fields: {
    throttleTimeMs: int32(),
    results: structs(
      'AlterUserScramCredentialsResult',
      {},
      {
        user: string(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
      },
    ),
  },
});
