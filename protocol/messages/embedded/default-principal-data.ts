/** DefaultPrincipalData. */
import { bool, message, string } from '../../schema.ts';

export const DefaultPrincipalData = message({
  kind: 'data',
  name: 'DefaultPrincipalData',
  versions: '0',
  flexible: '0+',
  about: 'A principal, in a forwarded request.',
  fields: {
    type: string(),
    name: string(),
    tokenAuthenticated: bool({ about: 'The principal came in with a delegation token.' }),
  },
});
