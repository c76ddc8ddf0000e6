/** AllocateProducerIds, API key 67. */
import { int16, int32, int64, message, offset } from '../schema.ts';

export const AllocateProducerIdsRequest = message({
  kind: 'request',
  name: 'AllocateProducerIdsRequest',
  apiKey: 67,
  versions: '0',
  flexible: '0+',
  listeners: ['controller'],
  about: 'Asks the controller for a block of producer ids.',
  fields: {
    brokerId: int32(),
    brokerEpoch: offset({ about: "Epoch of the broker's registration, -1 where unknown.", default: -1 }),
  },
});

export const AllocateProducerIdsResponse = message({
  kind: 'response',
  name: 'AllocateProducerIdsResponse',
  apiKey: 67,
  versions: '0',
  flexible: '0+',
  about: 'A block of producer ids.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    producerIdStart: int64(),
    producerIdLen: int32(),
  },
});
