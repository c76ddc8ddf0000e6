/** ControlRecordTypeSchema. */
import { int16, message } from '../../schema.ts';

export const ControlRecordTypeSchema = message({
  kind: 'data',
  name: 'ControlRecordTypeSchema',
  versions: '0',
  flexible: 'none',
  about: 'ControlRecordTypeSchema',
  fields: {
    type: int16(),
  },
});
