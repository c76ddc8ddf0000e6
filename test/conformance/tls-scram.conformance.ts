/** Every client family by SASL_SSL and SCRAM-SHA-512; see scenarios.md. */
import { CLIENT_PROGRAMS } from './client-programs.ts';
import { testSecuredClient } from './client-suite.ts';

for (const client of CLIENT_PROGRAMS) testSecuredClient(client, { protocol: 'SASL_SSL', mechanism: 'SCRAM-SHA-512' });
