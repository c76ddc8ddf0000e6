/** InitProducerId, API key 22. */
import { bool, int16, int32, int64, message, string } from '../schema.ts';

export const InitProducerIdRequest = message({
  kind: 'request',
  name: 'InitProducerIdRequest',
  apiKey: 22,
  versions: '0-6',
  flexible: '2+',
  latestVersionUnstable: true,
  listeners: ['broker'],
  about: 'Asks for a producer id and epoch.',
  fields: {
    transactionalId: string({ about: 'Transactional id, or null outside transactions.', nullable: '0+' }),
    transactionTimeoutMs: int32({ about: 'A transaction open for longer is aborted, in ms.' }),
    producerId: int64({ about: 'Producer id, -1 for none.', versions: '3+', default: -1 }),
    producerEpoch: int16({ about: 'Producer epoch, -1 for none.', versions: '3+', default: -1 }),
    enable2Pc: bool({ about: 'The transaction belongs to a two-phase commit (KIP-939).', versions: '6+' }),
    keepPreparedTxn: bool({ about: 'Leave a prepared transaction as it is (KIP-939).', versions: '6+' }),
  },
});

export const InitProducerIdResponse = message({
  kind: 'response',
  name: 'InitProducerIdResponse',
  apiKey: 22,
  versions: '0-6',
  flexible: '2+',
  about: 'A producer id and epoch.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.', ignorable: true }),
    errorCode: int16(),
    producerId: int64({ about: 'Producer id, -1 for none.', default: -1 }),
    producerEpoch: int16({ about: 'Producer epoch, -1 for none.' }),
    ongoingTxnProducerId: int64({
      about: 'Producer id of the prepared transaction, -1 for none.',
      versions: '6+',
      default: -1,
    }),
    ongoingTxnProducerEpoch: int16({
      about: 'Producer epoch of the prepared transaction, -1 for none.',
      versions: '6+',
      default: -1,
    }),
  },
});
