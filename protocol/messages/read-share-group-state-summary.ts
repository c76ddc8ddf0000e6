/** ReadShareGroupStateSummary, API key 87. */
import { int16, int32, message, offset, string, structs, uuid } from '../schema.ts';

export const ReadShareGroupStateSummaryRequest = message({
  kind: 'request',
  name: 'ReadShareGroupStateSummaryRequest',
  apiKey: 87,
  versions: '0-1',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Reads where share partitions begin; between brokers.',
  fields: {
    groupId: string(),
    topics: structs(
      'ReadStateSummaryData',
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

export const ReadShareGroupStateSummaryResponse = message({
  kind: 'response',
  name: 'ReadShareGroupStateSummaryResponse',
  apiKey: 87,
  versions: '0-1',
  flexible: '0+',
  about: 'Where share partitions begin.',
  fields: {
    results: structs(
      'ReadStateSummaryResult',
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
            leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.' }),
            startOffset: offset({ about: 'First offset, inclusive.' }),
            deliveryCompleteCount: int32({
              about: 'Records delivered for good at or after the start offset, -1 where unknown.',
              versions: '1+',
              default: -1,
              ignorable: true,
            }),
          },
        ),
      },
    ),
  },
});
