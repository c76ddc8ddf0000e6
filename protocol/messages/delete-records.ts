/** DeleteRecords, API key 21. */
import { int16, int32, message, offset, string, structs } from '../schema.ts';

export const DeleteRecordsRequest = message({
  kind: 'request',
  name: 'DeleteRecordsRequest',
  apiKey: 21,
  versions: '0-2',
  flexible: '2+',
  listeners: ['broker'],
  about: 'DeleteRecordsRequest',
  fields: {
    topics: structs(
      'DeleteRecordsTopic',
      {},
      {
        name: string(),
        partitions: structs(
          'DeleteRecordsPartition',
          {},
          {
            partitionIndex: int32(),
            offset: offset(),
          },
        ),
      },
    ),
    timeoutMs: int32(),
  },
});

export const DeleteRecordsResponse = message({
  kind: 'response',
  name: 'DeleteRecordsResponse',
  apiKey: 21,
  versions: '0-2',
  flexible: '2+',
  about: 'DeleteRecordsResponse',
  fields: {
    throttleTimeMs: int32(),
    topics: structs(
      'DeleteRecordsTopicResult',
      {},
      {
        name: string(),
        partitions: structs(
          'DeleteRecordsPartitionResult',
          {},
          {
            partitionIndex: int32(),
            lowWatermark: offset(),
            errorCode: int16(),
          },
        ),
      },
    ),
  },
});
