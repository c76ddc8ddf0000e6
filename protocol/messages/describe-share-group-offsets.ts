/** DescribeShareGroupOffsets, API key 90. */
import { array, int16, int32, message, offset, string, structs, uuid } from '../schema.ts';

export const DescribeShareGroupOffsetsRequest = message({
  kind: 'request',
  name: 'DescribeShareGroupOffsetsRequest',
  apiKey: 90,
  versions: '0-1',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Asks for the start offsets of share groups.',
  fields: {
    groups: structs(
      'DescribeShareGroupOffsetsRequestGroup',
      {},
      {
        groupId: string(),
        topics: structs(
          'DescribeShareGroupOffsetsRequestTopic',
          { nullable: '0+' },
          {
            topicName: string(),
            partitions: array('int32'),
          },
        ),
      },
    ),
  },
});

export const DescribeShareGroupOffsetsResponse = message({
  kind: 'response',
  name: 'DescribeShareGroupOffsetsResponse',
  apiKey: 90,
  versions: '0-1',
  flexible: '0+',
  about: 'The start offsets.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    groups: structs(
      'DescribeShareGroupOffsetsResponseGroup',
      {},
      {
        groupId: string(),
        topics: structs(
          'DescribeShareGroupOffsetsResponseTopic',
          {},
          {
            topicName: string(),
            topicId: uuid(),
            partitions: structs(
              'DescribeShareGroupOffsetsResponsePartition',
              {},
              {
                partitionIndex: int32(),
                startOffset: offset({ about: 'First offset, inclusive.' }),
                leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.' }),
                lag: offset({ versions: '1+', default: -1, ignorable: true }),
                errorCode: int16(),
                errorMessage: string({ nullable: '0+', default: null }),
              },
            ),
          },
        ),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
      },
    ),
  },
});
