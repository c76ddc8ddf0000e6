/** ElectLeaders, API key 43. */
import { array, int16, int32, int8, message, string, structs } from '../schema.ts';

export const ElectLeadersRequest = message({
  kind: 'request',
  name: 'ElectLeadersRequest',
  apiKey: 43,
  versions: '0-2',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  about: 'Elects leaders.',
  fields: {
    electionType: int8({ about: '0 preferred leader, 1 unclean.', versions: '1+' }),
    topicPartitions: structs(
      'TopicPartitions',
      { about: 'Partitions by topic.', nullable: '0+' },
      {
        topic: string(),
        partitions: array('int32'),
      },
    ),
    timeoutMs: int32({ about: 'How long the server may take, in ms.', default: 60000 }),
  },
});

export const ElectLeadersResponse = message({
  kind: 'response',
  name: 'ElectLeadersResponse',
  apiKey: 43,
  versions: '0-2',
  flexible: '2+',
  about: 'Which partitions had an election.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16({ versions: '1+' }),
    replicaElectionResults: structs(
      'ReplicaElectionResult',
      {},
      {
        topic: string(),
        partitionResult: structs(
          'PartitionResult',
          {},
          {
            partitionId: int32(),
            errorCode: int16(),
            errorMessage: string({ nullable: '0+' }),
          },
        ),
      },
    ),
  },
});
