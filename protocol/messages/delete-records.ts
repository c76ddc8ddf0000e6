/** DeleteRecords, API key 21. */
import { int16, int32, message, offset, string, structs } from '../schema.ts';

export const DeleteRecordsRequest = message({
  kind: 'request',
  name: 'DeleteRecordsRequest',
  apiKey: 21,
  versions: '0-2',
  flexible: '2+',
  listeners: ['broker'],
  about: 'Deletes records up to an offset.',
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
            offset: offset({ about: 'First offset to keep, -1 for the high watermark.' }),
          },
        ),
      },
    ),
    timeoutMs: int32({ about: 'How long the server may take, in ms.' }),
  },
});

export const DeleteRecordsResponse = message({
  kind: 'response',
  name: 'DeleteRecordsResponse',
  apiKey: 21,
  versions: '0-2',
  flexible: '2+',
  about: 'Where the partitions begin now.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
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
            lowWatermark: offset({ about: 'First offset that can be read now.' }),
            errorCode: int16(),
          },
        ),
      },
    ),
  },
});
