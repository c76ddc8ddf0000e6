/** ControlRecordTypeSchema. */
import { int16, message } from '../../schema.ts';

export const ControlRecordTypeSchema = message({
  kind: 'data',
  name: 'ControlRecordTypeSchema',
  versions: '0',
  flexible: 'none',
  about: 'Key of a control record, after an int16 version: its type.',
  fields: {
    type: int16(),
  },
});
