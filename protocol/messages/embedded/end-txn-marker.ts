/** EndTxnMarker. */
import { int32, message } from '../../schema.ts';

export const EndTxnMarker = message({
  kind: 'data',
  name: 'EndTxnMarker',
  versions: '0',
  flexible: 'none',
  about: 'EndTxnMarker',
  fields: {
    coordinatorEpoch: int32(),
  },
});
