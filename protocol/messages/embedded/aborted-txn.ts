/** AbortedTxn. */
import { int64, message, offset } from '../../schema.ts';

export const AbortedTxn = message({
  kind: 'data',
  name: 'AbortedTxn',
  versions: '0',
  flexible: 'none',
  about: 'AbortedTxn',
  fields: {
    producerId: int64(),
    firstOffset: offset(),
    lastOffset: offset(),
    lastStableOffset: offset(),
  },
});
