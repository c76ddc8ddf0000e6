/** DescribeTransactions, API key 65. */
import { array, int16, int32, int64, message, offset, string, structs } from '../schema.ts';

export const DescribeTransactionsRequest = message({
  kind: 'request',
  name: 'DescribeTransactionsRequest',
  apiKey: 65,
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  about: 'DescribeTransactionsRequest',
  fields: {
    transactionalIds: array('string'),
  },
});

export const DescribeTransactionsResponse = message({
  kind: 'response',
  name: 'DescribeTransactionsResponse',
  apiKey: 65,
  versions: '0',
  flexible: '0+',
  about: 'DescribeTransactionsResponse',
  fields: {
    throttleTimeMs: int32(),
    transactionStates: structs(
      'TransactionState',
      {},
      {
        errorCode: int16(),
        transactionalId: string(),
        transactionState: string(),
        transactionTimeoutMs: int32(),
        transactionStartTimeMs: offset(),
        producerId: int64(),
        producerEpoch: int16(),
        topics: structs(
          'TopicData',
          {},
          {
            topic: string(),
            partitions: array('int32'),
          },
        ),
      },
    ),
  },
});
