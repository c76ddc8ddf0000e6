/** KRaftVersionRecord. */
import { int16, message } from '../../schema.ts';

export const KRaftVersionRecord = message({
  kind: 'data',
  name: 'KRaftVersionRecord',
  versions: '0',
  flexible: '0+',
  about: 'KRaftVersionRecord',
  fields: {
    version: int16(),
    kRaftVersion: int16(),
  },
});
