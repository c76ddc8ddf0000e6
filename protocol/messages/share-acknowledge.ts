/** ShareAcknowledge, API key 79. */
import { array, bool, int16, int32, message, offset, string, struct, structs, uuid } from '../schema.ts';

export const ShareAcknowledgeRequest = message({
  kind: 'request',
  name: 'ShareAcknowledgeRequest',
  apiKey: 79,
  versions: '1-2',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Acknowledges records of a share group.',
  fields: {
    groupId: string({ nullable: '0+', default: null }),
    memberId: string({ about: 'Id of the member.', nullable: '0+' }),
    shareSessionEpoch: int32({ about: 'Place of the request in its share session: 0 opens one, -1 closes it.' }),
    isRenewAck: bool({ about: 'The request only prolongs acquisitions.', versions: '2+' }),
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
  },
});

export const ShareAcknowledgeResponse = message({
  kind: 'response',
  name: 'ShareAcknowledgeResponse',
  apiKey: 79,
  versions: '1-2',
  flexible: '0+',
  about: 'Which acknowledgements were taken.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    acquisitionLockTimeoutMs: int32({
      about: 'How long acquired records stay so, in ms.',
      versions: '2+',
      ignorable: true,
    }),
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
              { about: 'Where the partition is led now, after a leadership error (KIP-951).' },
              {
                leaderId: int32({ about: 'Node id of the leader, -1 for none.' }),
                leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.' }),
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
