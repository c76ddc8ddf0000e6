/** ElectLeaders, API key 43. */
import { array, int16, int32, int8, message, string, structs } from '../schema.ts';

export const ElectLeadersRequest = message({
  kind: 'request',
  name: 'ElectLeadersRequest',
  apiKey: 43,
  versions: '0-2',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  about: 'ElectLeadersRequest',
  fields: {
    electionType: int8({ versions: '1+' }),
    topicPartitions: structs(
      'TopicPartitions',
      { nullable: '0+' },
      {
        topic: string(),
        partitions: array('int32'),
      },
    ),
    timeoutMs: int32({ default: 60000 }),
  },
});

export const ElectLeadersResponse = message({
  kind: 'response',
  name: 'ElectLeadersResponse',
  apiKey: 43,
  versions: '0-2',
  flexible: '2+',
  about: 'ElectLeadersResponse',
  fields: {
    throttleTimeMs: int32(),
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
