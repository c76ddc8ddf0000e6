/** DefaultPrincipalData. */
import { bool, message, string } from '../../schema.ts';

export const DefaultPrincipalData = message({
  kind: 'data',
  name: 'DefaultPrincipalData',
  versions: '0',
  flexible: '0+',
  about: 'DefaultPrincipalData',
  fields: {
    type: string(),
    name: string(),
    tokenAuthenticated: bool(),
  },
});
