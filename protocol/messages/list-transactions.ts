/** ListTransactions, API key 66. */
import { array, int16, int32, int64, message, offset, string, structs } from '../schema.ts';

export const ListTransactionsRequest = message({
  kind: 'request',
  name: 'ListTransactionsRequest',
  apiKey: 66,
  versions: '0-2',
  flexible: '0+',
  listeners: ['broker'],
  about: 'ListTransactionsRequest',
  fields: {
    stateFilters: array('string'),
    producerIdFilters: array('int64'),
    durationFilter: offset({ versions: '1+', default: -1 }),
    transactionalIdPattern: string({ versions: '2+', nullable: '2+', default: null }),
  },
});

export const ListTransactionsResponse = message({
  kind: 'response',
  name: 'ListTransactionsResponse',
  apiKey: 66,
  versions: '0-2',
  flexible: '0+',
  about: 'ListTransactionsResponse',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    unknownStateFilters: array('string'),
    transactionStates: structs(
      'TransactionState',
      {},
      {
        transactionalId: string(),
        producerId: int64(),
        transactionState: string(),
      },
    ),
  },
});
