/** DescribeProducers, API key 61. */
import { array, int16, int32, int64, message, offset, string, structs } from '../schema.ts';

export const DescribeProducersRequest = message({
  kind: 'request',
  name: 'DescribeProducersRequest',
  apiKey: 61,
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Asks for the producers of partitions.',
  fields: {
    topics: structs(
      'TopicRequest',
      {},
      {
        name: string(),
        partitionIndexes: array('int32'),
      },
    ),
  },
});

export const DescribeProducersResponse = message({
  kind: 'response',
  name: 'DescribeProducersResponse',
  apiKey: 61,
  versions: '0',
  flexible: '0+',
  about: 'Producers that the partitions remember.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    topics: structs(
      'TopicResponse',
      {},
      {
        name: string(),
        partitions: structs(
          'PartitionResponse',
          {},
          {
            partitionIndex: int32(),
            errorCode: int16(),
            errorMessage: string({ nullable: '0+', default: null }),
            activeProducers: structs(
              'ProducerState',
              {},
              {
                producerId: int64({ about: 'Producer id, -1 for none.' }),
                producerEpoch: int32({ about: 'Producer epoch, -1 for none.' }),
                lastSequence: int32({ about: 'Sequence number of the last record.', default: -1 }),
                lastTimestamp: offset({ default: -1 }),
                coordinatorEpoch: int32({ about: 'Epoch of the transaction coordinator that decided.' }),
                currentTxnStartOffset: offset({
                  about: 'Where the open transaction begins, -1 for none.',
                  default: -1,
                }),
              },
            ),
          },
        ),
      },
    ),
  },
});
