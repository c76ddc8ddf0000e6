/** The request header. */
import { int16, int32, message, string } from '../schema.ts';

export const RequestHeader = message({
  kind: 'header',
  name: 'RequestHeader',
  versions: '1-2',
  flexible: '2+',
  about: 'What precedes every request.',
  fields: {
    requestApiKey: int16({ about: 'Which API.' }),
    requestApiVersion: int16({ about: 'Which version of it.' }),
    correlationId: int32({ about: 'Number chosen by the client; the response repeats it.' }),
    clientId: string({
      about: 'Name that the client gives itself; never compact, so that every broker can read it.',
      nullable: '1+',
      flexible: 'none',
    }),
  },
});
