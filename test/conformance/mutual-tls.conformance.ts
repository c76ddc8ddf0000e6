/** Every client family by mutual TLS: a certificate says who it is; see scenarios.md. */
import { CLIENT_PROGRAMS } from './client-programs.ts';
import { testSecuredClient } from './client-suite.ts';

for (const client of CLIENT_PROGRAMS) testSecuredClient(client, { protocol: 'SSL' });
