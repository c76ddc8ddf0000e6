/** EndTxn, API key 26. */
import { bool, int16, int32, int64, message, string } from '../schema.ts';

export const EndTxnRequest = message({
  kind: 'request',
  name: 'EndTxnRequest',
  apiKey: 26,
  versions: '0-5',
  flexible: '3+',
  listeners: ['broker'],
  about: 'EndTxnRequest',
  fields: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    committed: bool(),
  },
});

export const EndTxnResponse = message({
  kind: 'response',
  name: 'EndTxnResponse',
  apiKey: 26,
  versions: '0-5',
  flexible: '3+',
  about: 'EndTxnResponse',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64({ versions: '5+', default: -1, ignorable: true }),
    producerEpoch: int16({ versions: '5+', default: -1, ignorable: true }),
  },
});
