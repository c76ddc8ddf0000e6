/**
 * Former releases of clients in other languages than Java, as they are still in use, against the broker; see scenarios.md.
 * Apache Kafka 4.4 does not serve them any more.
 */
import { conformanceTarget } from '../support/broker-process.ts';
import { KAFKA_NODE, KAFKA_PYTHON_2_0, KAFKAJS_1_4, KAFKAJS_1_12 } from './client-programs.ts';
import { testOldClient, testSecuredClient } from './client-suite.ts';
import { RUN_SCENARIOS } from './scenarios.ts';

if (conformanceTarget !== 'kafka') {
  for (const client of [KAFKA_PYTHON_2_0, KAFKAJS_1_4, KAFKAJS_1_12, KAFKA_NODE]) testOldClient(client, RUN_SCENARIOS);
  for (const client of [KAFKA_PYTHON_2_0, KAFKAJS_1_12]) {
    testSecuredClient(client, { protocol: 'SASL_SSL', mechanism: 'SCRAM-SHA-512' });
  }
}
