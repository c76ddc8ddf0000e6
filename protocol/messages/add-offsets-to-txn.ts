/** AddOffsetsToTxn, API key 25. */
import { int16, int32, int64, message, string } from '../schema.ts';

export const AddOffsetsToTxnRequest = message({
  kind: 'request',
  name: 'AddOffsetsToTxnRequest',
  apiKey: 25,
  versions: '0-4',
  flexible: '3+',
  listeners: ['broker'],
  about: 'Adds the offsets of a group to a transaction.',
  fields: {
    transactionalId: string({ about: 'Transactional id, or null outside transactions.' }),
    producerId: int64({ about: 'Producer id, -1 for none.' }),
    producerEpoch: int16({ about: 'Producer epoch, -1 for none.' }),
    groupId: string(),
  },
});

export const AddOffsetsToTxnResponse = message({
  kind: 'response',
  name: 'AddOffsetsToTxnResponse',
  apiKey: 25,
  versions: '0-4',
  flexible: '3+',
  about: 'Whether they were added.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
  },
});
