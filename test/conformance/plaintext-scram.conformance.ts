/** Every client family by SASL_PLAINTEXT and SCRAM-SHA-256; see scenarios.md. */
import { CLIENT_PROGRAMS } from './client-programs.ts';
import { testSecuredClient } from './client-suite.ts';

for (const client of CLIENT_PROGRAMS)
  testSecuredClient(client, { protocol: 'SASL_PLAINTEXT', mechanism: 'SCRAM-SHA-256' });
