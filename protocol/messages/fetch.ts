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
  versions: '0-18',
  flexible: '12+',
  listeners: ['broker', 'controller'],
  about: 'Reads record batches from partitions.',
  fields: {
    clusterId: string({
      about: 'Cluster id, from replicas only.',
      versions: '12+',
      nullable: '12+',
      tag: 0,
      default: null,
      ignorable: true,
    }),
    replicaId: int32({ about: 'Broker id of a follower, -1 from a consumer.', versions: '0-14', default: -1 }),
    replicaState: struct(
      'ReplicaState',
      { about: 'Who fetches, where a follower does.', versions: '15+', tag: 1 },
      {
        replicaId: int32({ about: 'Broker id of a follower, -1 from a consumer.', versions: '15+', default: -1 }),
        replicaEpoch: offset({
          about: 'Broker epoch of the follower, -1 from a consumer.',
          versions: '15+',
          default: -1,
        }),
      },
    ),
    maxWaitMs: int32({ about: 'Longest wait for minBytes, in ms.' }),
    minBytes: int32({ about: 'Bytes to wait for before answering.' }),
    maxBytes: int32({
      about: 'Soft bound of the whole response; one batch is sent even if it is larger.',
      versions: '3+',
      default: 0x7fffffff,
      ignorable: true,
    }),
    isolationLevel: int8({
      about: '0 reads everything below the high watermark, 1 only what is committed.',
      versions: '4+',
      ignorable: true,
    }),
    sessionId: int32({ about: 'Fetch session (KIP-227), 0 for none.', versions: '7+', ignorable: true }),
    sessionEpoch: int32({
      about: 'Place of the request in its fetch session: 0 opens one, -1 closes it or goes without.',
      versions: '7+',
      default: -1,
      ignorable: true,
    }),
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
            currentLeaderEpoch: int32({
              about: 'Leader epoch that the client knows, -1 for none.',
              versions: '9+',
              default: -1,
              ignorable: true,
            }),
            fetchOffset: offset({ about: 'First offset wanted.' }),
            lastFetchedEpoch: int32({
              about: 'Leader epoch of the last record the client has, -1 for none.',
              versions: '12+',
              default: -1,
            }),
            logStartOffset: offset({
              about: 'First offset that can be read.',
              versions: '5+',
              default: -1,
              ignorable: true,
            }),
            partitionMaxBytes: int32({ about: 'Soft bound for this partition.' }),
            replicaDirectoryId: uuid({
              about: 'Log directory of the follower.',
              versions: '17+',
              tag: 0,
              ignorable: true,
            }),
            highWatermark: offset({
              about: 'High watermark that the follower knows.',
              versions: '18+',
              tag: 1,
              default: Number.MAX_SAFE_INTEGER,
              ignorable: true,
            }),
          },
        ),
      },
    ),
    forgottenTopicsData: structs(
      'ForgottenTopic',
      { about: 'Partitions to take out of the fetch session.', versions: '7+' },
      {
        topic: string({ versions: '7-12', ignorable: true }),
        topicId: uuid({ versions: '13+', ignorable: true }),
        partitions: array('int32', { versions: '7+' }),
      },
    ),
    rackId: string({ about: 'Rack of the sender, empty where unknown.', versions: '11+', ignorable: true }),
  },
});

export const FetchResponse = message({
  kind: 'response',
  name: 'FetchResponse',
  apiKey: 1,
  versions: '0-18',
  flexible: '12+',
  about: 'Record batches, as they lie in the log.',
  fields: {
    throttleTimeMs: int32({
      about: 'How long the broker holds the connection back, in ms.',
      versions: '1+',
      ignorable: true,
    }),
    errorCode: int16({ versions: '7+', ignorable: true }),
    sessionId: int32({ about: 'Fetch session (KIP-227), 0 for none.', versions: '7+' }),
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
            highWatermark: offset({ about: 'End, exclusive, of what consumers may read.' }),
            lastStableOffset: offset({
              about: 'End, exclusive, of what a read_committed consumer may read.',
              versions: '4+',
              default: -1,
              ignorable: true,
            }),
            logStartOffset: offset({
              about: 'First offset that can be read.',
              versions: '5+',
              default: -1,
              ignorable: true,
            }),
            divergingEpoch: struct(
              'EpochEndOffset',
              { about: 'Where the log of the follower parts from that of the leader.', versions: '12+', tag: 0 },
              {
                epoch: int32({ versions: '12+', default: -1 }),
                endOffset: offset({ about: 'End, exclusive.', versions: '12+', default: -1 }),
              },
            ),
            currentLeader: struct(
              'LeaderIdAndEpoch',
              { about: 'Where the partition is led now, after a leadership error (KIP-951).', versions: '12+', tag: 1 },
              {
                leaderId: int32({ about: 'Node id of the leader, -1 for none.', versions: '12+', default: -1 }),
                leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.', versions: '12+', default: -1 }),
              },
            ),
            snapshotId: struct(
              'SnapshotId',
              { about: 'Snapshot to fetch instead.', versions: '12+', tag: 2 },
              {
                endOffset: offset({ about: 'End, exclusive.', default: -1 }),
                epoch: int32({ default: -1 }),
              },
            ),
            abortedTransactions: structs(
              'AbortedTransaction',
              {
                about: 'Aborted transactions in the range, by first offset; null for read_uncommitted.',
                versions: '4+',
                nullable: '4+',
                ignorable: true,
              },
              {
                producerId: int64({ about: 'Producer of the aborted transaction.', versions: '4+' }),
                firstOffset: offset({
                  about: 'Where the aborted transaction begins in this partition.',
                  versions: '4+',
                }),
              },
            ),
            preferredReadReplica: int32({
              about: 'Broker that the consumer should fetch from, -1 for this one.',
              versions: '11+',
              default: -1,
            }),
            records: records({ about: 'Record batches.', nullable: '0+' }),
          },
        ),
      },
    ),
    nodeEndpoints: structs(
      'NodeEndpoint',
      { about: 'Addresses of the leaders named in the response (KIP-951).', versions: '16+', tag: 0 },
      {
        nodeId: int32({ versions: '16+' }),
        host: string({ versions: '16+' }),
        port: int32({ versions: '16+' }),
        rack: string({ versions: '16+', nullable: '16+', default: null }),
      },
    ),
  },
});
