/** ReadShareGroupState, API key 84. */
import { int16, int32, int8, message, offset, string, structs, uuid } from '../schema.ts';

export const ReadShareGroupStateRequest = message({
  kind: 'request',
  name: 'ReadShareGroupStateRequest',
  apiKey: 84,
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Reads the state of share partitions; between brokers.',
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
            leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.' }),
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
  about: 'The states.',
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
            stateEpoch: int32({ about: "Epoch of the share partition's state." }),
            startOffset: offset({ about: 'First offset, inclusive.' }),
            stateBatches: structs(
              'StateBatch',
              {},
              {
                firstOffset: offset(),
                lastOffset: offset(),
                deliveryState: int8({ about: '0 available, 2 acknowledged, 4 archived.' }),
                deliveryCount: int16({ about: 'How often the records have been delivered.' }),
              },
            ),
          },
        ),
      },
    ),
  },
});
