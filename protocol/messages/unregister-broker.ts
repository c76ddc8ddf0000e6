/** UnregisterBroker, API key 64. */
import { int16, int32, message, string } from '../schema.ts';

export const UnregisterBrokerRequest = message({
  kind: 'request',
  name: 'UnregisterBrokerRequest',
  apiKey: 64,
  versions: '0',
  flexible: '0+',
  listeners: ['broker', 'controller'],
  about: 'Removes a broker from the cluster.',
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
  about: 'Whether it was removed.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
  },
});
