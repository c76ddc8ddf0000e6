/** SaslAuthenticate, API key 36. */
import { bytes, int16, message, offset, string } from '../schema.ts';

export const SaslAuthenticateRequest = message({
  kind: 'request',
  name: 'SaslAuthenticateRequest',
  apiKey: 36,
  versions: '0-2',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  about: 'Carries one SASL token.',
  fields: {
    authBytes: bytes({ about: 'Opaque SASL token.' }),
  },
});

export const SaslAuthenticateResponse = message({
  kind: 'response',
  name: 'SaslAuthenticateResponse',
  apiKey: 36,
  versions: '0-2',
  flexible: '2+',
  about: 'The answer of the SASL server.',
  fields: {
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    authBytes: bytes({ about: 'Opaque SASL token.' }),
    sessionLifetimeMs: offset({
      about: 'After so many ms the client must authenticate again, 0 for never.',
      versions: '1+',
      ignorable: true,
    }),
  },
});
