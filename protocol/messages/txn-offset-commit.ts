/** TxnOffsetCommit, API key 28. */
import { int16, int32, int64, message, offset, string, structs, uuid } from '../schema.ts';

export const TxnOffsetCommitRequest = message({
  kind: 'request',
  name: 'TxnOffsetCommitRequest',
  apiKey: 28,
  versions: '0-6',
  flexible: '3+',
  listeners: ['broker'],
  about: 'TxnOffsetCommitRequest',
  fields: {
    transactionalId: string(),
    groupId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    generationIdOrMemberEpoch: int32({ versions: '3+', default: -1 }),
    memberId: string({ versions: '3+' }),
    groupInstanceId: string({ versions: '3+', nullable: '3+', default: null }),
    topics: structs(
      'TxnOffsetCommitRequestTopic',
      {},
      {
        name: string({ versions: '0-5', ignorable: true }),
        topicId: uuid({ versions: '6+', ignorable: true }),
        partitions: structs(
          'TxnOffsetCommitRequestPartition',
          {},
          {
            partitionIndex: int32(),
            committedOffset: offset(),
            committedLeaderEpoch: int32({ versions: '2+', default: -1, ignorable: true }),
            committedMetadata: string({ nullable: '0+' }),
          },
        ),
      },
    ),
  },
});

export const TxnOffsetCommitResponse = message({
  kind: 'response',
  name: 'TxnOffsetCommitResponse',
  apiKey: 28,
  versions: '0-6',
  flexible: '3+',
  about: 'TxnOffsetCommitResponse',
  fields: {
    throttleTimeMs: int32(),
    topics: structs(
      'TxnOffsetCommitResponseTopic',
      {},
      {
        name: string({ versions: '0-5', ignorable: true }),
        topicId: uuid({ versions: '6+', ignorable: true }),
        partitions: structs(
          'TxnOffsetCommitResponsePartition',
          {},
          {
            partitionIndex: int32(),
            errorCode: int16(),
          },
        ),
      },
    ),
  },
});
