/** ShareFetch, API key 78. */
import { array, bool, int16, int32, int8, message, offset, records, string, struct, structs, uuid } from '../schema.ts';

export const ShareFetchRequest = message({
  kind: 'request',
  name: 'ShareFetchRequest',
  apiKey: 78,
  versions: '1-2',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Acquires records of a share group, and acknowledges others.',
  fields: {
    groupId: string({ nullable: '0+', default: null }),
    memberId: string({ about: 'Id of the member.', nullable: '0+' }),
    shareSessionEpoch: int32({ about: 'Place of the request in its share session: 0 opens one, -1 closes it.' }),
    maxWaitMs: int32({ about: 'Longest wait for minBytes, in ms.' }),
    minBytes: int32({ about: 'Bytes to wait for before answering.' }),
    maxBytes: int32({
      about: 'Soft bound of the whole response; one batch is sent even if it is larger.',
      default: 0x7fffffff,
    }),
    maxRecords: int32({ about: 'Most records to acquire.' }),
    batchSize: int32({ about: 'Wanted size of the acquired batches, in records.' }),
    shareAcquireMode: int8({
      about: '0 whole batches, 1 exactly as many records as asked for.',
      versions: '2+',
      ignorable: true,
    }),
    isRenewAck: bool({ about: 'The request only prolongs acquisitions.', versions: '2+' }),
    topics: structs(
      'FetchTopic',
      {},
      {
        topicId: uuid(),
        partitions: structs(
          'FetchPartition',
          {},
          {
            partitionIndex: int32(),
            partitionMaxBytes: int32({ about: 'Soft bound for this partition.', versions: '0' }),
            acknowledgementBatches: structs(
              'AcknowledgementBatch',
              { about: 'Records acknowledged.' },
              {
                firstOffset: offset(),
                lastOffset: offset(),
                acknowledgeTypes: array('int8', {
                  about: '0 gap, 1 accept, 2 release, 3 reject, 4 renew; one for all or one a record.',
                }),
              },
            ),
          },
        ),
      },
    ),
    forgottenTopicsData: structs(
      'ForgottenTopic',
      { about: 'Partitions to take out of the fetch session.' },
      {
        topicId: uuid(),
        partitions: array('int32'),
      },
    ),
  },
});

export const ShareFetchResponse = message({
  kind: 'response',
  name: 'ShareFetchResponse',
  apiKey: 78,
  versions: '1-2',
  flexible: '0+',
  about: 'Acquired records.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    acquisitionLockTimeoutMs: int32({ about: 'How long acquired records stay so, in ms.' }),
    responses: structs(
      'ShareFetchableTopicResponse',
      {},
      {
        topicId: uuid(),
        partitions: structs(
          'PartitionData',
          {},
          {
            partitionIndex: int32(),
            errorCode: int16(),
            errorMessage: string({ nullable: '0+', default: null }),
            acknowledgeErrorCode: int16(),
            acknowledgeErrorMessage: string({ nullable: '0+', default: null }),
            currentLeader: struct(
              'LeaderIdAndEpoch',
              { about: 'Where the partition is led now, after a leadership error (KIP-951).' },
              {
                leaderId: int32({ about: 'Node id of the leader, -1 for none.' }),
                leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.' }),
              },
            ),
            records: records({ about: 'Record batches.', nullable: '0' }),
            acquiredRecords: structs(
              'AcquiredRecords',
              { about: 'Records that now belong to this consumer.' },
              {
                firstOffset: offset(),
                lastOffset: offset(),
                deliveryCount: int16({ about: 'How often the records have been delivered.' }),
              },
            ),
          },
        ),
      },
    ),
    nodeEndpoints: structs(
      'NodeEndpoint',
      { about: 'Addresses of the leaders named in the response (KIP-951).' },
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: string({ nullable: '0+', default: null }),
      },
    ),
  },
});
