/** OffsetDelete, API key 47. */
import { int16, int32, message, string, structs } from '../schema.ts';

export const OffsetDeleteRequest = message({
  kind: 'request',
  name: 'OffsetDeleteRequest',
  apiKey: 47,
  versions: '0',
  flexible: 'none',
  listeners: ['broker'],
  about: 'Deletes committed offsets of a group.',
  fields: {
    groupId: string(),
    topics: structs(
      'OffsetDeleteRequestTopic',
      {},
      {
        name: string(),
        partitions: structs(
          'OffsetDeleteRequestPartition',
          {},
          {
            partitionIndex: int32(),
          },
        ),
      },
    ),
  },
});

export const OffsetDeleteResponse = message({
  kind: 'response',
  name: 'OffsetDeleteResponse',
  apiKey: 47,
  versions: '0',
  flexible: 'none',
  about: 'Which offsets were deleted.',
  fields: {
    errorCode: int16(),
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.', ignorable: true }),
    topics: structs(
      'OffsetDeleteResponseTopic',
      {},
      {
        name: string(),
        partitions: structs(
          'OffsetDeleteResponsePartition',
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
