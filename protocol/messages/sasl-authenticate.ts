/** SaslAuthenticate, API key 36. */
import { bytes, int16, message, offset, string } from '../schema.ts';

export const SaslAuthenticateRequest = message({
  kind: 'request',
  name: 'SaslAuthenticateRequest',
  apiKey: 36,
  versions: '0-2',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  about: 'SaslAuthenticateRequest',
  fields: {
    authBytes: bytes(),
  },
});

export const SaslAuthenticateResponse = message({
  kind: 'response',
  name: 'SaslAuthenticateResponse',
  apiKey: 36,
  versions: '0-2',
  flexible: '2+',
  about: 'SaslAuthenticateResponse',
  fields: {
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    authBytes: bytes(),
    sessionLifetimeMs: offset({ versions: '1+', ignorable: true }),
  },
});
