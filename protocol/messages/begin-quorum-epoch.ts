/** BeginQuorumEpoch, API key 53. */
import { int16, int32, message, string, structs, uint16, uuid } from '../schema.ts';

export const BeginQuorumEpochRequest = message({
  kind: 'request',
  name: 'BeginQuorumEpochRequest',
  apiKey: 53,
  versions: '0-1',
  flexible: '1+',
  listeners: ['controller'],
  about: 'Announces a new KRaft leader.',
  fields: {
    clusterId: string({ nullable: '0+', default: null }),
    voterId: int32({ versions: '1+', default: -1, ignorable: true }),
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
            voterDirectoryId: uuid({ versions: '1+', ignorable: true }),
            leaderId: int32({ about: 'Node id of the leader, -1 for none.' }),
            leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.' }),
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

export const BeginQuorumEpochResponse = message({
  kind: 'response',
  name: 'BeginQuorumEpochResponse',
  apiKey: 53,
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
