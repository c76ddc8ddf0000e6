/** FetchSnapshot, API key 59. */
import { int16, int32, message, offset, records, string, struct, structs, uint16, uuid } from '../schema.ts';

export const FetchSnapshotRequest = message({
  kind: 'request',
  name: 'FetchSnapshotRequest',
  apiKey: 59,
  versions: '0-1',
  flexible: '0+',
  listeners: ['controller'],
  about: 'FetchSnapshotRequest',
  fields: {
    clusterId: string({ nullable: '0+', tag: 0, default: null }),
    replicaId: int32({ default: -1 }),
    maxBytes: int32({ default: 0x7fffffff }),
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
            currentLeaderEpoch: int32(),
            snapshotId: struct(
              'SnapshotId',
              {},
              {
                endOffset: offset(),
                epoch: int32(),
              },
            ),
            position: offset(),
            replicaDirectoryId: uuid({ versions: '1+', tag: 0, ignorable: true }),
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
  about: 'FetchSnapshotResponse',
  fields: {
    throttleTimeMs: int32({ ignorable: true }),
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
              {},
              {
                endOffset: offset(),
                epoch: int32(),
              },
            ),
            currentLeader: struct(
              'LeaderIdAndEpoch',
              { tag: 0 },
              {
                leaderId: int32(),
                leaderEpoch: int32(),
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
      { versions: '1+', tag: 0 },
      {
        nodeId: int32({ versions: '1+' }),
        host: string({ versions: '1+' }),
        port: uint16({ versions: '1+' }),
      },
    ),
  },
});
