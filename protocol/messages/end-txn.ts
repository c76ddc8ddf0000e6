/** EndTxn, API key 26. */
import { bool, int16, int32, int64, message, string } from '../schema.ts';

export const EndTxnRequest = message({
  kind: 'request',
  name: 'EndTxnRequest',
  apiKey: 26,
  versions: '0-5',
  flexible: '3+',
  listeners: ['broker'],
  about: 'Commits or aborts a transaction.',
  fields: {
    transactionalId: string({ about: 'Transactional id, or null outside transactions.' }),
    producerId: int64({ about: 'Producer id, -1 for none.' }),
    producerEpoch: int16({ about: 'Producer epoch, -1 for none.' }),
    committed: bool({ about: 'Commit, or else abort.' }),
  },
});

export const EndTxnResponse = message({
  kind: 'response',
  name: 'EndTxnResponse',
  apiKey: 26,
  versions: '0-5',
  flexible: '3+',
  about: 'How it ended.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    producerId: int64({ about: 'Producer id, -1 for none.', versions: '5+', default: -1, ignorable: true }),
    producerEpoch: int16({ about: 'Producer epoch, -1 for none.', versions: '5+', default: -1, ignorable: true }),
  },
});
