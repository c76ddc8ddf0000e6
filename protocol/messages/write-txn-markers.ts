/** WriteTxnMarkers, API key 27. */
import { array, bool, int16, int32, int64, int8, message, string, structs } from '../schema.ts';

export const WriteTxnMarkersRequest = message({
  kind: 'request',
  name: 'WriteTxnMarkersRequest',
  apiKey: 27,
  versions: '1-2',
  flexible: '1+',
  listeners: ['broker'],
  about: 'WriteTxnMarkersRequest',
  fields: {
    markers: structs(
      'WritableTxnMarker',
      {},
      {
        producerId: int64(),
        producerEpoch: int16(),
        transactionResult: bool(),
        topics: structs(
          'WritableTxnMarkerTopic',
          {},
          {
            name: string(),
            partitionIndexes: array('int32'),
          },
        ),
        coordinatorEpoch: int32(),
        transactionVersion: int8({ versions: '2+', ignorable: true }),
      },
    ),
  },
});

export const WriteTxnMarkersResponse = message({
  kind: 'response',
  name: 'WriteTxnMarkersResponse',
  apiKey: 27,
  versions: '1-2',
  flexible: '1+',
  about: 'WriteTxnMarkersResponse',
  fields: {
    markers: structs(
      'WritableTxnMarkerResult',
      {},
      {
        producerId: int64(),
        topics: structs(
          'WritableTxnMarkerTopicResult',
          {},
          {
            name: string(),
            partitions: structs(
              'WritableTxnMarkerPartitionResult',
              {},
              {
                partitionIndex: int32(),
                errorCode: int16(),
              },
            ),
          },
        ),
      },
    ),
  },
});
