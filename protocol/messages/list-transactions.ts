/** ListTransactions, API key 66. */
import { array, int16, int32, int64, message, offset, string, structs } from '../schema.ts';

export const ListTransactionsRequest = message({
  kind: 'request',
  name: 'ListTransactionsRequest',
  apiKey: 66,
  versions: '0-2',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Lists the transactions of a coordinator.',
  fields: {
    stateFilters: array('string', { about: 'States wanted; empty for all.' }),
    producerIdFilters: array('int64', { about: 'Producer ids wanted; empty for all.' }),
    durationFilter: offset({
      about: 'Only transactions open for longer, in ms, -1 for all.',
      versions: '1+',
      default: -1,
    }),
    transactionalIdPattern: string({
      about: 'Regular expression of ids wanted (RE2); null for all.',
      versions: '2+',
      nullable: '2+',
      default: null,
    }),
  },
});

export const ListTransactionsResponse = message({
  kind: 'response',
  name: 'ListTransactionsResponse',
  apiKey: 66,
  versions: '0-2',
  flexible: '0+',
  about: 'The transactions of a coordinator.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    unknownStateFilters: array('string', { about: 'States asked for that do not exist.' }),
    transactionStates: structs(
      'TransactionState',
      {},
      {
        transactionalId: string({ about: 'Transactional id, or null outside transactions.' }),
        producerId: int64({ about: 'Producer id, -1 for none.' }),
        transactionState: string(),
      },
    ),
  },
});
