/** DeleteShareGroupOffsets, API key 92. */
import { int16, int32, message, string, structs, uuid } from '../schema.ts';

export const DeleteShareGroupOffsetsRequest = message({
  kind: 'request',
  name: 'DeleteShareGroupOffsetsRequest',
  apiKey: 92,
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Deletes the offsets of a share group.',
  fields: {
    groupId: string(),
    topics: structs(
      'DeleteShareGroupOffsetsRequestTopic',
      {},
      {
        topicName: string(),
      },
    ),
  },
});

export const DeleteShareGroupOffsetsResponse = message({
  kind: 'response',
  name: 'DeleteShareGroupOffsetsResponse',
  apiKey: 92,
  versions: '0',
  flexible: '0+',
  about: 'Which offsets were deleted.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    responses: structs(
      'DeleteShareGroupOffsetsResponseTopic',
      {},
      {
        topicName: string(),
        topicId: uuid(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
      },
    ),
  },
});
