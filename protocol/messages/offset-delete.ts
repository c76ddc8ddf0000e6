/** OffsetDelete, API key 47. */
import { int16, int32, message, string, structs } from '../schema.ts';

export const OffsetDeleteRequest = message({
  kind: 'request',
  name: 'OffsetDeleteRequest',
  apiKey: 47,
  versions: '0',
  flexible: 'none',
  listeners: ['broker'],
  about: 'OffsetDeleteRequest',
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
  about: 'OffsetDeleteResponse',
  fields: {
    errorCode: int16(),
    throttleTimeMs: int32({ ignorable: true }),
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
