/** WriteShareGroupState, API key 85. */
import { int16, int32, int8, message, offset, string, structs, uuid } from '../schema.ts';

export const WriteShareGroupStateRequest = message({
  kind: 'request',
  name: 'WriteShareGroupStateRequest',
  apiKey: 85,
  versions: '0-1',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Writes the state of share partitions; between brokers.',
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
            stateEpoch: int32({ about: "Epoch of the share partition's state." }),
            leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.' }),
            startOffset: offset({ about: 'First offset, inclusive.' }),
            deliveryCompleteCount: int32({
              about: 'Records delivered for good at or after the start offset, -1 where unknown.',
              versions: '1+',
              default: -1,
              ignorable: true,
            }),
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

export const WriteShareGroupStateResponse = message({
  kind: 'response',
  name: 'WriteShareGroupStateResponse',
  apiKey: 85,
  versions: '0-1',
  flexible: '0+',
  about: 'Which states were written.',
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
