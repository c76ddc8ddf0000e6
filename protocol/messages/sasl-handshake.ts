/** SaslHandshake, API key 17. */
import { array, int16, message, string } from '../schema.ts';

export const SaslHandshakeRequest = message({
  kind: 'request',
  name: 'SaslHandshakeRequest',
  apiKey: 17,
  versions: '0-1',
  flexible: 'none',
  listeners: ['broker', 'controller'],
  about: 'Chooses a SASL mechanism.',
  fields: {
    mechanism: string({ about: 'SASL mechanism, such as SCRAM-SHA-256.' }),
  },
});

export const SaslHandshakeResponse = message({
  kind: 'response',
  name: 'SaslHandshakeResponse',
  apiKey: 17,
  versions: '0-1',
  flexible: 'none',
  about: 'Mechanisms that the broker offers.',
  fields: {
    errorCode: int16(),
    mechanisms: array('string'),
  },
});
