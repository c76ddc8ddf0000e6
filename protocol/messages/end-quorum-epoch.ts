/** EndQuorumEpoch, API key 54. */
import { array, int16, int32, message, string, structs, uint16, uuid } from '../schema.ts';

export const EndQuorumEpochRequest = message({
  kind: 'request',
  name: 'EndQuorumEpochRequest',
  apiKey: 54,
  versions: '0-1',
  flexible: '1+',
  listeners: ['controller'],
  about: 'Announces that a KRaft leader resigns.',
  fields: {
    clusterId: string({ nullable: '0+', default: null }),
    topics: structs(
      'TopicData',
      {},
      {
        topicName: string(),
        partitions: structs(
          'PartitionData',
          {},
          {
            partitionIndex: int32(),
            leaderId: int32({ about: 'Node id of the leader, -1 for none.' }),
            leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.' }),
            preferredSuccessors: array('int32', { versions: '0', ignorable: true }),
            preferredCandidates: structs(
              'ReplicaInfo',
              { versions: '1+', ignorable: true },
              {
                candidateId: int32({ versions: '1+' }),
                candidateDirectoryId: uuid({ versions: '1+' }),
              },
            ),
          },
        ),
      },
    ),
    leaderEndpoints: structs(
      'LeaderEndpoint',
      { versions: '1+', ignorable: true },
      {
        name: string({ versions: '1+' }),
        host: string({ versions: '1+' }),
        port: uint16({ versions: '1+' }),
      },
    ),
  },
});

export const EndQuorumEpochResponse = message({
  kind: 'response',
  name: 'EndQuorumEpochResponse',
  apiKey: 54,
  versions: '0-1',
  flexible: '1+',
  about: 'Whether it was accepted.',
  fields: {
    errorCode: int16(),
    topics: structs(
      'TopicData',
      {},
      {
        topicName: string(),
        partitions: structs(
          'PartitionData',
          {},
          {
            partitionIndex: int32(),
            errorCode: int16(),
            leaderId: int32({ about: 'Node id of the leader, -1 for none.' }),
            leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.' }),
          },
        ),
      },
    ),
    nodeEndpoints: structs(
      'NodeEndpoint',
      { about: 'Addresses of the leaders named in the response (KIP-951).', versions: '1+', tag: 0 },
      {
        nodeId: int32({ versions: '1+' }),
        host: string({ versions: '1+' }),
        port: uint16({ versions: '1+' }),
      },
    ),
  },
});
