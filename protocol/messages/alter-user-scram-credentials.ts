/** AlterUserScramCredentials, API key 51. */
import { bytes, int16, int32, int8, message, string, structs } from '../schema.ts';

export const AlterUserScramCredentialsRequest = message({
  kind: 'request',
  name: 'AlterUserScramCredentialsRequest',
  apiKey: 51,
  versions: '0',
  flexible: '0+',
  listeners: ['broker', 'controller'],
  about: 'Creates and deletes SCRAM credentials.',
  fields: {
    deletions: structs(
      'ScramCredentialDeletion',
      {},
      {
        name: string(),
        mechanism: int8({ about: '1 SCRAM-SHA-256, 2 SCRAM-SHA-512.' }),
      },
    ),
    upsertions: structs(
      'ScramCredentialUpsertion',
      {},
      {
        name: string(),
        mechanism: int8({ about: '1 SCRAM-SHA-256, 2 SCRAM-SHA-512.' }),
        iterations: int32({ about: 'Rounds of hashing.' }),
        salt: bytes({ about: 'Random bytes that the password was hashed with.' }),
        saltedPassword: bytes({ about: 'The hashed password.' }),
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
  about: 'Which users were changed.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
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
