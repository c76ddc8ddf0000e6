/** The response header. */
import { int32, message } from '../schema.ts';

export const ResponseHeader = message({
  kind: 'header',
  name: 'ResponseHeader',
  versions: '0-1',
  flexible: '1+',
  about: 'What precedes every response.',
  fields: {
    correlationId: int32({ about: 'Number chosen by the client; the response repeats it.' }),
  },
});
