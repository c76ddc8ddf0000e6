/** The request header. */
import { int16, int32, message, string } from '../schema.ts';

export const RequestHeader = message({
  kind: 'header',
  name: 'RequestHeader',
  versions: '1-2',
  flexible: '2+',
  about: 'RequestHeader',
  fields: {
    requestApiKey: int16(),
    requestApiVersion: int16(),
    correlationId: int32(),
    clientId: string({ nullable: '1+', flexible: 'none' }),
  },
});
