/** DescribeQuorum, API key 55. */
import { type Fields, int16, int32, message, offset, string, structs, uint16, uuid } from '../schema.ts';

export const DescribeQuorumRequest = message({
  kind: 'request',
  name: 'DescribeQuorumRequest',
  apiKey: 55,
  versions: '0-2',
  flexible: '0+',
  listeners: ['broker', 'controller'],
  about: 'Asks for the state of the KRaft quorum.',
  fields: {
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
          },
        ),
      },
    ),
  },
});

const replicaStateFields: Fields = {
  replicaId: int32({ about: 'Broker id of a follower, -1 from a consumer.' }),
  replicaDirectoryId: uuid({ about: 'Log directory of the follower.', versions: '2+' }),
  logEndOffset: offset(),
  lastFetchTimestamp: offset({ versions: '1+', default: -1, ignorable: true }),
  lastCaughtUpTimestamp: offset({ versions: '1+', default: -1, ignorable: true }),
};

export const DescribeQuorumResponse = message({
  kind: 'response',
  name: 'DescribeQuorumResponse',
  apiKey: 55,
  versions: '0-2',
  flexible: '0+',
  about: 'Leader, voters and observers of the quorum.',
  fields: {
    errorCode: int16(),
    errorMessage: string({ versions: '2+', nullable: '2+', ignorable: true }),
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
            errorMessage: string({ versions: '2+', nullable: '2+', ignorable: true }),
            leaderId: int32({ about: 'Node id of the leader, -1 for none.' }),
            leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.' }),
            highWatermark: offset({ about: 'End, exclusive, of what consumers may read.' }),
            currentVoters: structs('ReplicaState', {}, replicaStateFields),
            observers: structs('ReplicaState', {}, replicaStateFields),
          },
        ),
      },
    ),
    nodes: structs(
      'Node',
      { versions: '2+' },
      {
        nodeId: int32({ versions: '2+' }),
        listeners: structs(
          'Listener',
          { versions: '2+' },
          {
            name: string({ versions: '2+' }),
            host: string({ versions: '2+' }),
            port: uint16({ versions: '2+' }),
          },
        ),
      },
    ),
  },
});
