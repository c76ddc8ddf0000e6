/** Coordinator records of type 0: TransactionLog. */
import { array, int16, int32, int64, int8, message, offset, string, structs } from '../../schema.ts';

export const TransactionLogKey = message({
  kind: 'coordinator-key',
  name: 'TransactionLogKey',
  apiKey: 0,
  versions: '0',
  flexible: 'none',
  about: 'Key of the state of a transactional id.',
  fields: {
    transactionalId: string({ about: 'Transactional id, or null outside transactions.' }),
  },
});

export const TransactionLogValue = message({
  kind: 'coordinator-value',
  name: 'TransactionLogValue',
  apiKey: 0,
  versions: '0-1',
  flexible: '1+',
  about: 'Value of the state of a transactional id.',
  fields: {
    producerId: int64({ about: 'Producer id, -1 for none.' }),
    previousProducerId: int64({
      about: 'Producer id of the last finished transaction.',
      versions: '1+',
      tag: 0,
      default: -1,
    }),
    nextProducerId: int64({
      about: 'Producer id for the time after the transaction.',
      versions: '1+',
      tag: 1,
      default: -1,
    }),
    producerEpoch: int16({ about: 'Producer epoch, -1 for none.' }),
    nextProducerEpoch: int16({
      about: 'Producer epoch for the time after the transaction.',
      versions: '1+',
      tag: 3,
      default: -1,
    }),
    transactionTimeoutMs: int32({ about: 'A transaction open for longer is aborted, in ms.' }),
    transactionStatus: int8({
      about:
        'State of the transaction: 0 empty, 1 ongoing, 2 and 3 preparing commit and abort, 4 and 5 complete, 6 dead, 7 preparing the epoch fence.',
    }),
    transactionPartitions: structs(
      'PartitionsSchema',
      { nullable: '0+' },
      {
        topic: string(),
        partitionIds: array('int32'),
      },
    ),
    transactionLastUpdateTimestampMs: offset({ about: 'When the state last changed, in ms.' }),
    transactionStartTimestampMs: offset({ about: 'When the transaction began, in ms, -1 for not at all.' }),
    clientTransactionVersion: int16({
      about: 'Version of the transaction protocol that the client speaks.',
      versions: '1+',
      tag: 2,
    }),
  },
});
