/** ReadShareGroupState, API key 84. */
import { int16, int32, int8, message, offset, string, structs, uuid } from '../schema.ts';

export const ReadShareGroupStateRequest = message({
  kind: 'request',
  name: 'ReadShareGroupStateRequest',
  apiKey: 84,
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  about: 'ReadShareGroupStateRequest',
  fields: {
    groupId: string(),
    topics: structs(
      'ReadStateData',
      {},
      {
        topicId: uuid(),
        partitions: structs(
          'PartitionData',
          {},
          {
            partition: int32(),
            leaderEpoch: int32(),
          },
        ),
      },
    ),
  },
});

export const ReadShareGroupStateResponse = message({
  kind: 'response',
  name: 'ReadShareGroupStateResponse',
  apiKey: 84,
  versions: '0',
  flexible: '0+',
  about: 'ReadShareGroupStateResponse',
  fields: {
    results: structs(
      'ReadStateResult',
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
            stateEpoch: int32(),
            startOffset: offset(),
            stateBatches: structs(
              'StateBatch',
              {},
              {
                firstOffset: offset(),
                lastOffset: offset(),
                deliveryState: int8(),
                deliveryCount: int16(),
              },
            ),
          },
        ),
      },
    ),
  },
});
