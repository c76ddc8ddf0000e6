/** ShareAcknowledge, API key 79. */
import { array, bool, int16, int32, message, offset, string, struct, structs, uuid } from '../schema.ts';

export const ShareAcknowledgeRequest = message({
  kind: 'request',
  name: 'ShareAcknowledgeRequest',
  apiKey: 79,
  versions: '1-2',
  flexible: '0+',
  listeners: ['broker'],
  about: 'ShareAcknowledgeRequest',
  fields: {
    groupId: string({ nullable: '0+', default: null }),
    memberId: string({ nullable: '0+' }),
    shareSessionEpoch: int32(),
    isRenewAck: bool({ versions: '2+' }),
    topics: structs(
      'AcknowledgeTopic',
      {},
      {
        topicId: uuid(),
        partitions: structs(
          'AcknowledgePartition',
          {},
          {
            partitionIndex: int32(),
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
  },
});

export const ShareAcknowledgeResponse = message({
  kind: 'response',
  name: 'ShareAcknowledgeResponse',
  apiKey: 79,
  versions: '1-2',
  flexible: '0+',
  about: 'ShareAcknowledgeResponse',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    acquisitionLockTimeoutMs: int32({ versions: '2+', ignorable: true }),
    responses: structs(
      'ShareAcknowledgeTopicResponse',
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
            currentLeader: struct(
              'LeaderIdAndEpoch',
              {},
              {
                leaderId: int32(),
                leaderEpoch: int32(),
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
