/** WriteTxnMarkers, API key 27. */
import { array, bool, int16, int32, int64, int8, message, string, structs } from '../schema.ts';

export const WriteTxnMarkersRequest = message({
  kind: 'request',
  name: 'WriteTxnMarkersRequest',
  apiKey: 27,
  versions: '0-2',
  flexible: '1+',
  listeners: ['broker'],
  about: 'Writes transaction markers; between brokers.',
  fields: {
    markers: structs(
      'WritableTxnMarker',
      { about: 'Transaction markers to write.' },
      {
        producerId: int64({ about: 'Producer id, -1 for none.' }),
        producerEpoch: int16({ about: 'Producer epoch, -1 for none.' }),
        transactionResult: bool({ about: 'Commit, or else abort.' }),
        topics: structs(
          'WritableTxnMarkerTopic',
          {},
          {
            name: string(),
            partitionIndexes: array('int32'),
          },
        ),
        coordinatorEpoch: int32({ about: 'Epoch of the transaction coordinator that decided.' }),
        transactionVersion: int8({ about: 'Version of the transaction protocol.', versions: '2+', ignorable: true }),
      },
    ),
  },
});

export const WriteTxnMarkersResponse = message({
  kind: 'response',
  name: 'WriteTxnMarkersResponse',
  apiKey: 27,
  versions: '0-2',
  flexible: '1+',
  about: 'Which markers were written.',
  fields: {
    markers: structs(
      'WritableTxnMarkerResult',
      { about: 'Transaction markers to write.' },
      {
        producerId: int64({ about: 'Producer id, -1 for none.' }),
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
