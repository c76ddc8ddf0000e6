/** KRaftVersionRecord. */
import { int16, message } from '../../schema.ts';

export const KRaftVersionRecord = message({
  kind: 'data',
  name: 'KRaftVersionRecord',
  versions: '0',
  flexible: '0+',
  about: 'Control record: version of the KRaft protocol.',
  fields: {
    version: int16(),
    kRaftVersion: int16(),
  },
});
