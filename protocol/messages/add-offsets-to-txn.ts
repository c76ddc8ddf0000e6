/** AddOffsetsToTxn, API key 25. */
import { int16, int32, int64, message, string } from '../schema.ts';

export const AddOffsetsToTxnRequest = message({
  kind: 'request',
  name: 'AddOffsetsToTxnRequest',
  apiKey: 25,
  versions: '0-4',
  flexible: '3+',
  listeners: ['broker'],
  about: 'AddOffsetsToTxnRequest',
  fields: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    groupId: string(),
  },
});

export const AddOffsetsToTxnResponse = message({
  kind: 'response',
  name: 'AddOffsetsToTxnResponse',
  apiKey: 25,
  versions: '0-4',
  flexible: '3+',
  about: 'AddOffsetsToTxnResponse',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
  },
});
