/** SnapshotFooterRecord. */
import { int16, message } from '../../schema.ts';

export const SnapshotFooterRecord = message({
  kind: 'data',
  name: 'SnapshotFooterRecord',
  versions: '0',
  flexible: '0+',
  about: 'Control record: end of a KRaft snapshot.',
  fields: {
    version: int16(),
  },
});
