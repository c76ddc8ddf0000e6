/** BeginQuorumEpoch, API key 53. */
import { int16, int32, message, string, structs, uint16, uuid } from '../schema.ts';

export const BeginQuorumEpochRequest = message({
  kind: 'request',
  name: 'BeginQuorumEpochRequest',
  apiKey: 53,
  versions: '0-1',
  flexible: '1+',
  listeners: ['controller'],
  about: 'BeginQuorumEpochRequest',
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
            leaderId: int32(),
            leaderEpoch: int32(),
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
  about: 'BeginQuorumEpochResponse',
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
            leaderId: int32(),
            leaderEpoch: int32(),
          },
        ),
      },
    ),
    nodeEndpoints: structs(
      'NodeEndpoint',
      { versions: '1+', tag: 0 },
      {
        nodeId: int32({ versions: '1+' }),
        host: string({ versions: '1+' }),
        port: uint16({ versions: '1+' }),
      },
    ),
  },
});
