/** CreateTopics, API key 19. */
import { array, bool, int16, int32, int8, message, string, structs, uuid } from '../schema.ts';

export const CreateTopicsRequest = message({
  kind: 'request',
  name: 'CreateTopicsRequest',
  apiKey: 19,
  versions: '0-7',
  flexible: '5+',
  listeners: ['broker', 'controller'],
  about: 'Creates topics.',
  fields: {
    topics: structs(
      'CreatableTopic',
      {},
      {
        name: string(),
        numPartitions: int32({ about: 'Number of partitions, -1 for the default.' }),
        replicationFactor: int16({ about: 'Replicas of a partition, -1 for the default.' }),
        assignments: structs(
          'CreatableReplicaAssignment',
          { about: 'Brokers of each partition; empty to let the broker choose.' },
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
    timeoutMs: int32({ about: 'How long the server may take, in ms.', default: 60000 }),
    validateOnly: bool({ about: 'Check everything, change nothing.', versions: '1+' }),
  },
});

export const CreateTopicsResponse = message({
  kind: 'response',
  name: 'CreateTopicsResponse',
  apiKey: 19,
  versions: '0-7',
  flexible: '5+',
  about: 'Which topics were created, and how.',
  fields: {
    throttleTimeMs: int32({
      about: 'How long the broker holds the connection back, in ms.',
      versions: '2+',
      ignorable: true,
    }),
    topics: structs(
      'CreatableTopicResult',
      {},
      {
        name: string(),
        topicId: uuid({ versions: '7+', ignorable: true }),
        errorCode: int16(),
        errorMessage: string({ versions: '1+', nullable: '0+', ignorable: true }),
        topicConfigErrorCode: int16({ about: 'Why no configs are given.', versions: '5+', tag: 0, ignorable: true }),
        numPartitions: int32({
          about: 'Number of partitions, -1 for the default.',
          versions: '5+',
          default: -1,
          ignorable: true,
        }),
        replicationFactor: int16({
          about: 'Replicas of a partition, -1 for the default.',
          versions: '5+',
          default: -1,
          ignorable: true,
        }),
        configs: structs(
          'CreatableTopicConfigs',
          { versions: '5+', nullable: '5+', ignorable: true },
          {
            name: string({ versions: '5+' }),
            value: string({ versions: '5+', nullable: '5+' }),
            readOnly: bool({ versions: '5+' }),
            configSource: int8({
              about: 'Where a value comes from: 1 topic, 2 broker, 3 default broker, 4 static, 5 default.',
              versions: '5+',
              default: -1,
              ignorable: true,
            }),
            isSensitive: bool({ about: 'The value is secret and not given.', versions: '5+' }),
          },
        ),
      },
    ),
  },
});
