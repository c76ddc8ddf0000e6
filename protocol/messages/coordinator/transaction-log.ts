/** Coordinator records of type 0: TransactionLog. */
import { array, int16, int32, int64, int8, message, offset, string, structs } from '../../schema.ts';

export const TransactionLogKey = message({
  kind: 'coordinator-key',
  name: 'TransactionLogKey',
  apiKey: 0,
  versions: '0',
  flexible: 'none',
  about: 'TransactionLogKey',
  fields: {
    transactionalId: string(),
  },
});

export const TransactionLogValue = message({
  kind: 'coordinator-value',
  name: 'TransactionLogValue',
  apiKey: 0,
  versions: '0-1',
  flexible: '1+',
  about: 'TransactionLogValue',
  fields: {
    producerId: int64(),
    previousProducerId: int64({ versions: '1+', tag: 0, default: -1 }),
    nextProducerId: int64({ versions: '1+', tag: 1, default: -1 }),
    producerEpoch: int16(),
    nextProducerEpoch: int16({ versions: '1+', tag: 3, default: -1 }),
    transactionTimeoutMs: int32(),
    transactionStatus: int8(),
    transactionPartitions: structs(
      'PartitionsSchema',
      { nullable: '0+' },
      {
        topic: string(),
        partitionIds: array('int32'),
      },
    ),
    transactionLastUpdateTimestampMs: offset(),
    transactionStartTimestampMs: offset(),
    clientTransactionVersion: int16({ versions: '1+', tag: 2 }),
  },
});
