/** OffsetFetch, API key 9. */
import { array, bool, int16, int32, message, offset, string, structs, uuid } from '../schema.ts';

export const OffsetFetchRequest = message({
  kind: 'request',
  name: 'OffsetFetchRequest',
  apiKey: 9,
  versions: '0-10',
  flexible: '6+',
  listeners: ['broker'],
  about: 'Asks for committed offsets.',
  fields: {
    groupId: string({ versions: '0-7' }),
    topics: structs(
      'OffsetFetchRequestTopic',
      { versions: '0-7', nullable: '2-7' },
      {
        name: string({ versions: '0-7' }),
        partitionIndexes: array('int32', { versions: '0-7' }),
      },
    ),
    groups: structs(
      'OffsetFetchRequestGroup',
      { versions: '8+' },
      {
        groupId: string({ versions: '8+' }),
        memberId: string({
          about: 'Id of the member.',
          versions: '9+',
          nullable: '9+',
          default: null,
          ignorable: true,
        }),
        memberEpoch: int32({ about: 'Epoch of the member.', versions: '9+', default: -1, ignorable: true }),
        topics: structs(
          'OffsetFetchRequestTopics',
          { versions: '8+', nullable: '8+' },
          {
            name: string({ versions: '8-9', ignorable: true }),
            topicId: uuid({ versions: '10+', ignorable: true }),
            partitionIndexes: array('int32', { versions: '8+' }),
          },
        ),
      },
    ),
    requireStable: bool({
      about: 'Refuse while a transaction may still change the offsets (KIP-447).',
      versions: '7+',
    }),
  },
});

export const OffsetFetchResponse = message({
  kind: 'response',
  name: 'OffsetFetchResponse',
  apiKey: 9,
  versions: '0-10',
  flexible: '6+',
  about: 'Committed offsets.',
  fields: {
    throttleTimeMs: int32({
      about: 'How long the broker holds the connection back, in ms.',
      versions: '3+',
      ignorable: true,
    }),
    topics: structs(
      'OffsetFetchResponseTopic',
      { versions: '0-7' },
      {
        name: string({ versions: '0-7' }),
        partitions: structs(
          'OffsetFetchResponsePartition',
          { versions: '0-7' },
          {
            partitionIndex: int32({ versions: '0-7' }),
            committedOffset: offset({ about: 'Next offset to consume, -1 for none.', versions: '0-7' }),
            committedLeaderEpoch: int32({
              about: 'Leader epoch of the last consumed record, -1 where unknown.',
              versions: '5-7',
              default: -1,
              ignorable: true,
            }),
            metadata: string({ about: 'Opaque to the broker.', versions: '0-7', nullable: '0-7' }),
            errorCode: int16({ versions: '0-7' }),
          },
        ),
      },
    ),
    errorCode: int16({ versions: '2-7', ignorable: true }),
    groups: structs(
      'OffsetFetchResponseGroup',
      { versions: '8+' },
      {
        groupId: string({ versions: '8+' }),
        topics: structs(
          'OffsetFetchResponseTopics',
          { versions: '8+' },
          {
            name: string({ versions: '8-9', ignorable: true }),
            topicId: uuid({ versions: '10+', ignorable: true }),
            partitions: structs(
              'OffsetFetchResponsePartitions',
              { versions: '8+' },
              {
                partitionIndex: int32({ versions: '8+' }),
                committedOffset: offset({ about: 'Next offset to consume, -1 for none.', versions: '8+' }),
                committedLeaderEpoch: int32({
                  about: 'Leader epoch of the last consumed record, -1 where unknown.',
                  versions: '8+',
                  default: -1,
                  ignorable: true,
                }),
                metadata: string({ about: 'Opaque to the broker.', versions: '8+', nullable: '8+' }),
                errorCode: int16({ versions: '8+' }),
              },
            ),
          },
        ),
        errorCode: int16({ versions: '8+' }),
      },
    ),
  },
});
