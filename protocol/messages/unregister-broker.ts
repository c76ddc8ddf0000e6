/** UnregisterBroker, API key 64. */
import { int16, int32, message, string } from '../schema.ts';

export const UnregisterBrokerRequest = message({
  kind: 'request',
  name: 'UnregisterBrokerRequest',
  apiKey: 64,
  versions: '0',
  flexible: '0+',
  listeners: ['broker', 'controller'],
  about: 'UnregisterBrokerRequest',
  fields: {
    brokerId: int32(),
  },
});

export const UnregisterBrokerResponse = message({
  kind: 'response',
  name: 'UnregisterBrokerResponse',
  apiKey: 64,
  versions: '0',
  flexible: '0+',
  about: 'UnregisterBrokerResponse',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
  },
});
