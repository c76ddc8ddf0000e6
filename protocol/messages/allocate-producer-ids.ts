/** AllocateProducerIds, API key 67. */
import { int16, int32, int64, message, offset } from '../schema.ts';

export const AllocateProducerIdsRequest = message({
  kind: 'request',
  name: 'AllocateProducerIdsRequest',
  apiKey: 67,
  versions: '0',
  flexible: '0+',
  listeners: ['controller'],
  about: 'AllocateProducerIdsRequest',
  fields: {
    brokerId: int32(),
    brokerEpoch: offset({ default: -1 }),
  },
});

export const AllocateProducerIdsResponse = message({
  kind: 'response',
  name: 'AllocateProducerIdsResponse',
  apiKey: 67,
  versions: '0',
  flexible: '0+',
  about: 'AllocateProducerIdsResponse',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerIdStart: int64(),
    producerIdLen: int32(),
  },
});
