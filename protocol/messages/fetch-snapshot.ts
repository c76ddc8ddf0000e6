/** FetchSnapshot, API key 59. */
import { int16, int32, message, offset, records, string, struct, structs, uint16, uuid } from '../schema.ts';

export const FetchSnapshotRequest = message({
  kind: 'request',
  name: 'FetchSnapshotRequest',
  apiKey: 59,
  versions: '0-1',
  flexible: '0+',
  listeners: ['controller'],
  about: 'Reads a piece of a KRaft snapshot.',
  fields: {
    clusterId: string({ nullable: '0+', tag: 0, default: null }),
    replicaId: int32({ about: 'Broker id of a follower, -1 from a consumer.', default: -1 }),
    maxBytes: int32({
      about: 'Soft bound of the whole response; one batch is sent even if it is larger.',
      default: 0x7fffffff,
    }),
    topics: structs(
      'TopicSnapshot',
      {},
      {
        name: string(),
        partitions: structs(
          'PartitionSnapshot',
          {},
          {
            partition: int32(),
            currentLeaderEpoch: int32({ about: 'Leader epoch that the client knows, -1 for none.' }),
            snapshotId: struct(
              'SnapshotId',
              { about: 'Snapshot to fetch instead.' },
              {
                endOffset: offset({ about: 'End, exclusive.' }),
                epoch: int32(),
              },
            ),
            position: offset(),
            replicaDirectoryId: uuid({
              about: 'Log directory of the follower.',
              versions: '1+',
              tag: 0,
              ignorable: true,
            }),
          },
        ),
      },
    ),
  },
});

export const FetchSnapshotResponse = message({
  kind: 'response',
  name: 'FetchSnapshotResponse',
  apiKey: 59,
  versions: '0-1',
  flexible: '0+',
  about: 'A piece of the snapshot.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.', ignorable: true }),
    errorCode: int16(),
    topics: structs(
      'TopicSnapshot',
      {},
      {
        name: string(),
        partitions: structs(
          'PartitionSnapshot',
          {},
          {
            index: int32(),
            errorCode: int16(),
            snapshotId: struct(
              'SnapshotId',
              { about: 'Snapshot to fetch instead.' },
              {
                endOffset: offset({ about: 'End, exclusive.' }),
                epoch: int32(),
              },
            ),
            currentLeader: struct(
              'LeaderIdAndEpoch',
              { about: 'Where the partition is led now, after a leadership error (KIP-951).', tag: 0 },
              {
                leaderId: int32({ about: 'Node id of the leader, -1 for none.' }),
                leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.' }),
              },
            ),
            size: offset(),
            position: offset(),
            unalignedRecords: records(),
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
