/** The response header. */
import { int32, message } from '../schema.ts';

export const ResponseHeader = message({
  kind: 'header',
  name: 'ResponseHeader',
  versions: '0-1',
  flexible: '1+',
  about: 'ResponseHeader',
  fields: {
    correlationId: int32(),
  },
});
