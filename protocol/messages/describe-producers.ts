/** DescribeProducers, API key 61. */
import { array, int16, int32, int64, message, offset, string, structs } from '../schema.ts';

export const DescribeProducersRequest = message({
  kind: 'request',
  name: 'DescribeProducersRequest',
  apiKey: 61,
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  about: 'DescribeProducersRequest',
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
  about: 'DescribeProducersResponse',
  fields: {
    throttleTimeMs: int32(),
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
                producerId: int64(),
                producerEpoch: int32(),
                lastSequence: int32({ default: -1 }),
                lastTimestamp: offset({ default: -1 }),
                coordinatorEpoch: int32(),
                currentTxnStartOffset: offset({ default: -1 }),
              },
            ),
          },
        ),
      },
    ),
  },
});
