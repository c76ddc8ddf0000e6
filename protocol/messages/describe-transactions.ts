/** DescribeTransactions, API key 65. */
import { array, int16, int32, int64, message, offset, string, structs } from '../schema.ts';

export const DescribeTransactionsRequest = message({
  kind: 'request',
  name: 'DescribeTransactionsRequest',
  apiKey: 65,
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Asks for transactions by id.',
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
  about: 'The transactions.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    transactionStates: structs(
      'TransactionState',
      {},
      {
        errorCode: int16(),
        transactionalId: string({ about: 'Transactional id, or null outside transactions.' }),
        transactionState: string(),
        transactionTimeoutMs: int32({ about: 'A transaction open for longer is aborted, in ms.' }),
        transactionStartTimeMs: offset({ about: 'When the transaction began, in ms, -1 for not at all.' }),
        producerId: int64({ about: 'Producer id, -1 for none.' }),
        producerEpoch: int16({ about: 'Producer epoch, -1 for none.' }),
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
