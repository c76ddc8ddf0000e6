/** SnapshotHeaderRecord. */
import { int16, message, offset } from '../../schema.ts';

export const SnapshotHeaderRecord = message({
  kind: 'data',
  name: 'SnapshotHeaderRecord',
  versions: '0',
  flexible: '0+',
  about: 'SnapshotHeaderRecord',
  fields: {
    version: int16(),
    lastContainedLogTimestamp: offset(),
  },
});
