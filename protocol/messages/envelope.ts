/** Envelope, API key 58. */
import { bytes, int16, message } from '../schema.ts';

export const EnvelopeRequest = message({
  kind: 'request',
  name: 'EnvelopeRequest',
  apiKey: 58,
  versions: '0',
  flexible: '0+',
  listeners: ['controller'],
  about: 'Wraps a request that a broker forwards to the controller.',
  fields: {
    requestData: bytes(),
    requestPrincipal: bytes({ nullable: '0+' }),
    clientHostAddress: bytes(),
  },
});

export const EnvelopeResponse = message({
  kind: 'response',
  name: 'EnvelopeResponse',
  apiKey: 58,
  versions: '0',
  flexible: '0+',
  about: "Wraps the controller's response.",
  fields: {
    responseData: bytes({ nullable: '0+', default: null }),
    errorCode: int16(),
  },
});
