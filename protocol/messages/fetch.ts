/** Fetch, API key 1. */
import {
  array,
  int16,
  int32,
  int64,
  int8,
  message,
  offset,
  records,
  string,
  struct,
  structs,
  uuid,
} from '../schema.ts';

export const FetchRequest = message({
  kind: 'request',
  name: 'FetchRequest',
  apiKey: 1,
  versions: '4-18',
  flexible: '12+',
  listeners: ['broker', 'controller'],
  about: 'FetchRequest',
  fields: {
    clusterId: string({ versions: '12+', nullable: '12+', tag: 0, default: null, ignorable: true }),
    replicaId: int32({ versions: '0-14', default: -1 }),
    replicaState: struct(
      'ReplicaState',
      { versions: '15+', tag: 1 },
      {
        replicaId: int32({ versions: '15+', default: -1 }),
        replicaEpoch: offset({ versions: '15+', default: -1 }),
      },
    ),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32({ versions: '3+', default: 0x7fffffff, ignorable: true }),
    isolationLevel: int8({ ignorable: true }),
    sessionId: int32({ versions: '7+', ignorable: true }),
    sessionEpoch: int32({ versions: '7+', default: -1, ignorable: true }),
    topics: structs(
      'FetchTopic',
      {},
      {
        topic: string({ versions: '0-12', ignorable: true }),
        topicId: uuid({ versions: '13+', ignorable: true }),
        partitions: structs(
          'FetchPartition',
          {},
          {
            partition: int32(),
            currentLeaderEpoch: int32({ versions: '9+', default: -1, ignorable: true }),
            fetchOffset: offset(),
            lastFetchedEpoch: int32({ versions: '12+', default: -1 }),
            logStartOffset: offset({ versions: '5+', default: -1, ignorable: true }),
            partitionMaxBytes: int32(),
            replicaDirectoryId: uuid({ versions: '17+', tag: 0, ignorable: true }),
            highWatermark: offset({ versions: '18+', tag: 1, default: Number.MAX_SAFE_INTEGER, ignorable: true }),
          },
        ),
      },
    ),
    forgottenTopicsData: structs(
      'ForgottenTopic',
      { versions: '7+' },
      {
        topic: string({ versions: '7-12', ignorable: true }),
        topicId: uuid({ versions: '13+', ignorable: true }),
        partitions: array('int32', { versions: '7+' }),
      },
    ),
    rackId: string({ versions: '11+', ignorable: true }),
  },
});

export const FetchResponse = message({
  kind: 'response',
  name: 'FetchResponse',
  apiKey: 1,
  versions: '4-18',
  flexible: '12+',
  about: 'FetchResponse',
  fields: {
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    errorCode: int16({ versions: '7+', ignorable: true }),
    sessionId: int32({ versions: '7+' }),
    responses: structs(
      'FetchableTopicResponse',
      {},
      {
        topic: string({ versions: '0-12', ignorable: true }),
        topicId: uuid({ versions: '13+', ignorable: true }),
        partitions: structs(
          'PartitionData',
          {},
          {
            partitionIndex: int32(),
            errorCode: int16(),
            highWatermark: offset(),
            lastStableOffset: offset({ default: -1, ignorable: true }),
            logStartOffset: offset({ versions: '5+', default: -1, ignorable: true }),
            divergingEpoch: struct(
              'EpochEndOffset',
              { versions: '12+', tag: 0 },
              {
                epoch: int32({ versions: '12+', default: -1 }),
                endOffset: offset({ versions: '12+', default: -1 }),
              },
            ),
            currentLeader: struct(
              'LeaderIdAndEpoch',
              { versions: '12+', tag: 1 },
              {
                leaderId: int32({ versions: '12+', default: -1 }),
                leaderEpoch: int32({ versions: '12+', default: -1 }),
              },
            ),
            snapshotId: struct(
              'SnapshotId',
              { versions: '12+', tag: 2 },
              {
                endOffset: offset({ default: -1 }),
                epoch: int32({ default: -1 }),
              },
            ),
            abortedTransactions: structs(
              'AbortedTransaction',
              { nullable: '4+', ignorable: true },
              {
                producerId: int64(),
                firstOffset: offset(),
              },
            ),
            preferredReadReplica: int32({ versions: '11+', default: -1 }),
            records: records({ nullable: '0+' }),
          },
        ),
      },
    ),
    nodeEndpoints: structs(
      'NodeEndpoint',
      { versions: '16+', tag: 0 },
      {
        nodeId: int32({ versions: '16+' }),
        host: string({ versions: '16+' }),
        port: int32({ versions: '16+' }),
        rack: string({ versions: '16+', nullable: '16+', default: null }),
      },
    ),
  },
});
