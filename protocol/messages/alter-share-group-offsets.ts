/** AlterShareGroupOffsets, API key 91. */
import { int16, int32, message, offset, string, structs, uuid } from '../schema.ts';

export const AlterShareGroupOffsetsRequest = message({
  kind: 'request',
  name: 'AlterShareGroupOffsetsRequest',
  apiKey: 91,
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Moves the start offsets of a share group.',
  fields: {
    groupId: string(),
    topics: structs(
      'AlterShareGroupOffsetsRequestTopic',
      {},
      {
        topicName: string(),
        partitions: structs(
          'AlterShareGroupOffsetsRequestPartition',
          {},
          {
            partitionIndex: int32(),
            startOffset: offset({ about: 'First offset, inclusive.' }),
          },
        ),
      },
    ),
  },
});

export const AlterShareGroupOffsetsResponse = message({
  kind: 'response',
  name: 'AlterShareGroupOffsetsResponse',
  apiKey: 91,
  versions: '0',
  flexible: '0+',
  about: 'Which offsets were moved.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    responses: structs(
      'AlterShareGroupOffsetsResponseTopic',
      {},
      {
        topicName: string(),
        topicId: uuid(),
        partitions: structs(
          'AlterShareGroupOffsetsResponsePartition',
          {},
          {
            partitionIndex: int32(),
            errorCode: int16(),
            errorMessage: string({ nullable: '0+', default: null }),
          },
        ),
      },
    ),
  },
});
