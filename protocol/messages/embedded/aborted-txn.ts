/** AbortedTxn. */
import { int64, message, offset } from '../../schema.ts';

export const AbortedTxn = message({
  kind: 'data',
  name: 'AbortedTxn',
  versions: '0',
  flexible: 'none',
  about: 'One aborted transaction, as Kafka keeps it in the transaction index of a segment.',
  fields: {
    producerId: int64({ about: 'Producer id, -1 for none.' }),
    firstOffset: offset(),
    lastOffset: offset(),
    lastStableOffset: offset({ about: 'End, exclusive, of what a read_committed consumer may read.' }),
  },
});
