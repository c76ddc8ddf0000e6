/** ReadShareGroupStateSummary, API key 87. */
import { int16, int32, message, offset, string, structs, uuid } from '../schema.ts';

export const ReadShareGroupStateSummaryRequest = message({
  kind: 'request',
  name: 'ReadShareGroupStateSummaryRequest',
  apiKey: 87,
  versions: '0-1',
  flexible: '0+',
  listeners: ['broker'],
  about: 'ReadShareGroupStateSummaryRequest',
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
            leaderEpoch: int32(),
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
  about: 'ReadShareGroupStateSummaryResponse',
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
            stateEpoch: int32(),
            leaderEpoch: int32(),
            startOffset: offset(),
            deliveryCompleteCount: int32({ versions: '1+', default: -1, ignorable: true }),
          },
        ),
      },
    ),
  },
});
