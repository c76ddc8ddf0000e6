/** SaslHandshake, API key 17. */
import { array, int16, message, string } from '../schema.ts';

export const SaslHandshakeRequest = message({
  kind: 'request',
  name: 'SaslHandshakeRequest',
  apiKey: 17,
  versions: '0-1',
  flexible: 'none',
  listeners: ['broker', 'controller'],
  about: 'SaslHandshakeRequest',
  fields: {
    mechanism: string(),
  },
});

export const SaslHandshakeResponse = message({
  kind: 'response',
  name: 'SaslHandshakeResponse',
  apiKey: 17,
  versions: '0-1',
  flexible: 'none',
  about: 'SaslHandshakeResponse',
  fields: {
    errorCode: int16(),
    mechanisms: array('string'),
  },
});
