/** SnapshotHeaderRecord. */
import { int16, message, offset } from '../../schema.ts';

export const SnapshotHeaderRecord = message({
  kind: 'data',
  name: 'SnapshotHeaderRecord',
  versions: '0',
  flexible: '0+',
  about: 'Control record: start of a KRaft snapshot.',
  fields: {
    version: int16(),
    lastContainedLogTimestamp: offset(),
  },
});
