/** OffsetCommit, API key 8. */
import { int16, int32, message, offset, string, structs, uuid } from '../schema.ts';

export const OffsetCommitRequest = message({
  kind: 'request',
  name: 'OffsetCommitRequest',
  apiKey: 8,
  versions: '2-10',
  flexible: '8+',
  listeners: ['broker'],
  about: 'OffsetCommitRequest',
  fields: {
    groupId: string(),
    generationIdOrMemberEpoch: int32({ versions: '1+', default: -1, ignorable: true }),
    memberId: string({ versions: '1+', ignorable: true }),
    groupInstanceId: string({ versions: '7+', nullable: '7+', default: null }),
    retentionTimeMs: offset({ versions: '2-4', default: -1, ignorable: true }),
    topics: structs(
      'OffsetCommitRequestTopic',
      {},
      {
        name: string({ versions: '0-9', ignorable: true }),
        topicId: uuid({ versions: '10+', ignorable: true }),
        partitions: structs(
          'OffsetCommitRequestPartition',
          {},
          {
            partitionIndex: int32(),
            committedOffset: offset(),
            committedLeaderEpoch: int32({ versions: '6+', default: -1, ignorable: true }),
            committedMetadata: string({ nullable: '0+' }),
          },
        ),
      },
    ),
  },
});

export const OffsetCommitResponse = message({
  kind: 'response',
  name: 'OffsetCommitResponse',
  apiKey: 8,
  versions: '2-10',
  flexible: '8+',
  about: 'OffsetCommitResponse',
  fields: {
    throttleTimeMs: int32({ versions: '3+', ignorable: true }),
    topics: structs(
      'OffsetCommitResponseTopic',
      {},
      {
        name: string({ versions: '0-9', ignorable: true }),
        topicId: uuid({ versions: '10+', ignorable: true }),
        partitions: structs(
          'OffsetCommitResponsePartition',
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
