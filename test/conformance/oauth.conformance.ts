/** Clients that come with tokens of a provider (OAUTHBEARER, KIP-768), which they get themselves; see scenarios.md. */
import { CONFLUENT_JAVASCRIPT, CONFLUENT_PYTHON, JAVA } from './client-programs.ts';
import { testSecuredClient } from './client-suite.ts';

for (const client of [CONFLUENT_PYTHON, CONFLUENT_JAVASCRIPT, JAVA]) {
  testSecuredClient(client, { protocol: 'SASL_PLAINTEXT', mechanism: 'OAUTHBEARER' });
}
