/** OffsetCommit, API key 8. */
import { int16, int32, message, offset, string, structs, uuid } from '../schema.ts';

export const OffsetCommitRequest = message({
  kind: 'request',
  name: 'OffsetCommitRequest',
  apiKey: 8,
  versions: '0-10',
  flexible: '8+',
  listeners: ['broker'],
  about: 'Commits offsets of a group.',
  fields: {
    groupId: string(),
    generationIdOrMemberEpoch: int32({
      about: 'Generation of a classic group, member epoch of a newer one, -1 without a group.',
      versions: '1+',
      default: -1,
      ignorable: true,
    }),
    memberId: string({ about: 'Id of the member.', versions: '1+', ignorable: true }),
    groupInstanceId: string({
      about: 'Name of a static member, null for a dynamic one (KIP-345).',
      versions: '7+',
      nullable: '7+',
      default: null,
    }),
    retentionTimeMs: offset({
      about: "How long to keep the offsets, in ms, -1 for the broker's own time.",
      versions: '2-4',
      default: -1,
      ignorable: true,
    }),
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
            committedOffset: offset({ about: 'Next offset to consume.' }),
            committedLeaderEpoch: int32({
              about: 'Leader epoch of the last consumed record, -1 where unknown.',
              versions: '6+',
              default: -1,
              ignorable: true,
            }),
            commitTimestamp: offset({
              about: 'When the offset was committed, in ms, -1 for now.',
              versions: '1',
              default: -1,
            }),
            committedMetadata: string({ about: 'Text that the client keeps with the offset.', nullable: '0+' }),
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
  versions: '0-10',
  flexible: '8+',
  about: 'Which offsets were committed.',
  fields: {
    throttleTimeMs: int32({
      about: 'How long the broker holds the connection back, in ms.',
      versions: '3+',
      ignorable: true,
    }),
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
