/** EndTxnMarker. */
import { int32, message } from '../../schema.ts';

export const EndTxnMarker = message({
  kind: 'data',
  name: 'EndTxnMarker',
  versions: '0',
  flexible: 'none',
  about: 'Value of a transaction marker, after an int16 version.',
  fields: {
    coordinatorEpoch: int32({ about: 'Epoch of the transaction coordinator that decided.' }),
  },
});
