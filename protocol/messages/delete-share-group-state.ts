/** DeleteShareGroupState, API key 86. */
import { int16, int32, message, string, structs, uuid } from '../schema.ts';

export const DeleteShareGroupStateRequest = message({
  kind: 'request',
  name: 'DeleteShareGroupStateRequest',
  apiKey: 86,
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Deletes the state of share partitions; between brokers.',
  fields: {
    groupId: string(),
    topics: structs(
      'DeleteStateData',
      {},
      {
        topicId: uuid(),
        partitions: structs(
          'PartitionData',
          {},
          {
            partition: int32(),
          },
        ),
      },
    ),
  },
});

export const DeleteShareGroupStateResponse = message({
  kind: 'response',
  name: 'DeleteShareGroupStateResponse',
  apiKey: 86,
  versions: '0',
  flexible: '0+',
  about: 'Which states were deleted.',
  fields: {
    results: structs(
      'DeleteStateResult',
      {},
      {
        topicId: uuid(),
        partitions: structs(
          'PartitionResult',
          {},
          {
            partition: int32(),
            errorCode: int16(),
            errorMessage: string({ nullable: '0+', default: null }),
          },
        ),
      },
    ),
  },
});
