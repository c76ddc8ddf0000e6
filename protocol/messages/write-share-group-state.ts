/** WriteShareGroupState, API key 85. */
import { int16, int32, int8, message, offset, string, structs, uuid } from '../schema.ts';

export const WriteShareGroupStateRequest = message({
  kind: 'request',
  name: 'WriteShareGroupStateRequest',
  apiKey: 85,
  versions: '0-1',
  flexible: '0+',
  listeners: ['broker'],
  about: 'WriteShareGroupStateRequest',
  fields: {
    groupId: string(),
    topics: structs(
      'WriteStateData',
      {},
      {
        topicId: uuid(),
        partitions: structs(
          'PartitionData',
          {},
          {
            partition: int32(),
            stateEpoch: int32(),
            leaderEpoch: int32(),
            startOffset: offset(),
            deliveryCompleteCount: int32({ versions: '1+', default: -1, ignorable: true }),
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

export const WriteShareGroupStateResponse = message({
  kind: 'response',
  name: 'WriteShareGroupStateResponse',
  apiKey: 85,
  versions: '0-1',
  flexible: '0+',
  about: 'WriteShareGroupStateResponse',
  fields: {
    results: structs(
      'WriteStateResult',
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
