/** node-rdkafka against the broker, also over TLS; see scenarios.md. */
import { NODE_RDKAFKA } from './client-programs.ts';
import { testClient, testSecuredClient } from './client-suite.ts';

testClient(NODE_RDKAFKA);
testSecuredClient(NODE_RDKAFKA, { protocol: 'SASL_SSL', mechanism: 'SCRAM-SHA-256' });
