/** TxnOffsetCommit, API key 28. */
import { int16, int32, int64, message, offset, string, structs, uuid } from '../schema.ts';

export const TxnOffsetCommitRequest = message({
  kind: 'request',
  name: 'TxnOffsetCommitRequest',
  apiKey: 28,
  versions: '0-6',
  flexible: '3+',
  listeners: ['broker'],
  about: 'Commits offsets within a transaction.',
  fields: {
    transactionalId: string({ about: 'Transactional id, or null outside transactions.' }),
    groupId: string(),
    producerId: int64({ about: 'Producer id, -1 for none.' }),
    producerEpoch: int16({ about: 'Producer epoch, -1 for none.' }),
    generationIdOrMemberEpoch: int32({
      about: 'Generation of a classic group, member epoch of a newer one, -1 without a group.',
      versions: '3+',
      default: -1,
    }),
    memberId: string({ about: 'Id of the member.', versions: '3+' }),
    groupInstanceId: string({
      about: 'Name of a static member, null for a dynamic one (KIP-345).',
      versions: '3+',
      nullable: '3+',
      default: null,
    }),
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
            committedOffset: offset({ about: 'Next offset to consume.' }),
            committedLeaderEpoch: int32({
              about: 'Leader epoch of the last consumed record, -1 where unknown.',
              versions: '2+',
              default: -1,
              ignorable: true,
            }),
            committedMetadata: string({ about: 'Text that the client keeps with the offset.', nullable: '0+' }),
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
  about: 'Which offsets were taken in.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
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
