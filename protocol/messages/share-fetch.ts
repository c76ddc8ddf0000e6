/** ShareFetch, API key 78. */
import { array, bool, int16, int32, int8, message, offset, records, string, struct, structs, uuid } from '../schema.ts';

export const ShareFetchRequest = message({
  kind: 'request',
  name: 'ShareFetchRequest',
  apiKey: 78,
  versions: '1-2',
  flexible: '0+',
  listeners: ['broker'],
  about: 'ShareFetchRequest',
  fields: {
    groupId: string({ nullable: '0+', default: null }),
    memberId: string({ nullable: '0+' }),
    shareSessionEpoch: int32(),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32({ default: 0x7fffffff }),
    maxRecords: int32(),
    batchSize: int32(),
    shareAcquireMode: int8({ versions: '2+', ignorable: true }),
    isRenewAck: bool({ versions: '2+' }),
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
            partitionMaxBytes: int32({ versions: '0' }),
            acknowledgementBatches: structs(
              'AcknowledgementBatch',
              {},
              {
                firstOffset: offset(),
                lastOffset: offset(),
                acknowledgeTypes: array('int8'),
              },
            ),
          },
        ),
      },
    ),
    forgottenTopicsData: structs(
      'ForgottenTopic',
      {},
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
  about: 'ShareFetchResponse',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    acquisitionLockTimeoutMs: int32(),
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
              {},
              {
                leaderId: int32(),
                leaderEpoch: int32(),
              },
            ),
            records: records({ nullable: '0' }),
            acquiredRecords: structs(
              'AcquiredRecords',
              {},
              {
                firstOffset: offset(),
                lastOffset: offset(),
                deliveryCount: int16(),
              },
            ),
          },
        ),
      },
    ),
    nodeEndpoints: structs(
      'NodeEndpoint',
      {},
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: string({ nullable: '0+', default: null }),
      },
    ),
  },
});
