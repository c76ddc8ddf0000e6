/** Vote, API key 52. */
import { bool, int16, int32, message, offset, string, structs, uint16, uuid } from '../schema.ts';

export const VoteRequest = message({
  kind: 'request',
  name: 'VoteRequest',
  apiKey: 52,
  versions: '0-2',
  flexible: '0+',
  listeners: ['controller'],
  about: 'Asks for a vote in a KRaft election.',
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
            replicaEpoch: int32({ about: 'Broker epoch of the follower, -1 from a consumer.' }),
            replicaId: int32({ about: 'Broker id of a follower, -1 from a consumer.' }),
            replicaDirectoryId: uuid({ about: 'Log directory of the follower.', versions: '1+', ignorable: true }),
            voterDirectoryId: uuid({ versions: '1+', ignorable: true }),
            lastOffsetEpoch: int32(),
            lastOffset: offset(),
            preVote: bool({ versions: '2+' }),
          },
        ),
      },
    ),
  },
});

export const VoteResponse = message({
  kind: 'response',
  name: 'VoteResponse',
  apiKey: 52,
  versions: '0-2',
  flexible: '0+',
  about: 'The vote.',
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
            voteGranted: bool(),
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
