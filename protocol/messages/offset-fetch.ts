/** OffsetFetch, API key 9. */
import { array, bool, int16, int32, message, offset, string, structs, uuid } from '../schema.ts';

export const OffsetFetchRequest = message({
  kind: 'request',
  name: 'OffsetFetchRequest',
  apiKey: 9,
  versions: '1-10',
  flexible: '6+',
  listeners: ['broker'],
  about: 'OffsetFetchRequest',
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
        memberId: string({ versions: '9+', nullable: '9+', default: null, ignorable: true }),
        memberEpoch: int32({ versions: '9+', default: -1, ignorable: true }),
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
    requireStable: bool({ versions: '7+' }),
  },
});

export const OffsetFetchResponse = message({
  kind: 'response',
  name: 'OffsetFetchResponse',
  apiKey: 9,
  versions: '1-10',
  flexible: '6+',
  about: 'OffsetFetchResponse',
  fields: {
    throttleTimeMs: int32({ versions: '3+', ignorable: true }),
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
            committedOffset: offset({ versions: '0-7' }),
            committedLeaderEpoch: int32({ versions: '5-7', default: -1, ignorable: true }),
            metadata: string({ versions: '0-7', nullable: '0-7' }),
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
                committedOffset: offset({ versions: '8+' }),
                committedLeaderEpoch: int32({ versions: '8+', default: -1, ignorable: true }),
                metadata: string({ versions: '8+', nullable: '8+' }),
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
