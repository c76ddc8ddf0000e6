/** CreateTopics, API key 19. */
import { array, bool, int16, int32, int8, message, string, structs, uuid } from '../schema.ts';

export const CreateTopicsRequest = message({
  kind: 'request',
  name: 'CreateTopicsRequest',
  apiKey: 19,
  versions: '2-7',
  flexible: '5+',
  listeners: ['broker', 'controller'],
  about: 'CreateTopicsRequest',
  fields: {
    topics: structs(
      'CreatableTopic',
      {},
      {
        name: string(),
        numPartitions: int32(),
        replicationFactor: int16(),
        assignments: structs(
          'CreatableReplicaAssignment',
          {},
          {
            partitionIndex: int32(),
            brokerIds: array('int32'),
          },
        ),
        configs: structs(
          'CreatableTopicConfig',
          {},
          {
            name: string(),
            value: string({ nullable: '0+' }),
          },
        ),
      },
    ),
    timeoutMs: int32({ default: 60000 }),
    validateOnly: bool({ versions: '1+' }),
  },
});

export const CreateTopicsResponse = message({
  kind: 'response',
  name: 'CreateTopicsResponse',
  apiKey: 19,
  versions: '2-7',
  flexible: '5+',
  about: 'CreateTopicsResponse',
  fields: {
    throttleTimeMs: int32({ ignorable: true }),
    topics: structs(
      'CreatableTopicResult',
      {},
      {
        name: string(),
        topicId: uuid({ versions: '7+', ignorable: true }),
        errorCode: int16(),
        errorMessage: string({ versions: '1+', nullable: '0+', ignorable: true }),
        topicConfigErrorCode: int16({ versions: '5+', tag: 0, ignorable: true }),
        numPartitions: int32({ versions: '5+', default: -1, ignorable: true }),
        replicationFactor: int16({ versions: '5+', default: -1, ignorable: true }),
        configs: structs(
          'CreatableTopicConfigs',
          { versions: '5+', nullable: '5+', ignorable: true },
          {
            name: string({ versions: '5+' }),
            value: string({ versions: '5+', nullable: '5+' }),
            readOnly: bool({ versions: '5+' }),
            configSource: int8({ versions: '5+', default: -1, ignorable: true }),
            isSensitive: bool({ versions: '5+' }),
          },
        ),
      },
    ),
  },
});
