/** DeleteTopics, API key 20. */
import { array, int16, int32, message, string, structs, uuid } from '../schema.ts';

export const DeleteTopicsRequest = message({
  kind: 'request',
  name: 'DeleteTopicsRequest',
  apiKey: 20,
  versions: '0-6',
  flexible: '4+',
  listeners: ['broker', 'controller'],
  about: 'Deletes topics.',
  fields: {
    topics: structs(
      'DeleteTopicState',
      { versions: '6+' },
      {
        name: string({ versions: '6+', nullable: '6+', default: null }),
        topicId: uuid({ versions: '6+' }),
      },
    ),
    topicNames: array('string', { versions: '0-5', ignorable: true }),
    timeoutMs: int32({ about: 'How long the server may take, in ms.' }),
  },
});

export const DeleteTopicsResponse = message({
  kind: 'response',
  name: 'DeleteTopicsResponse',
  apiKey: 20,
  versions: '0-6',
  flexible: '4+',
  about: 'Which topics were deleted.',
  fields: {
    throttleTimeMs: int32({
      about: 'How long the broker holds the connection back, in ms.',
      versions: '1+',
      ignorable: true,
    }),
    responses: structs(
      'DeletableTopicResult',
      {},
      {
        name: string({ nullable: '6+' }),
        topicId: uuid({ versions: '6+', ignorable: true }),
        errorCode: int16(),
        errorMessage: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
      },
    ),
  },
});
