/**
 * Former releases of clients in other languages than Java, as they are still in use, against the broker; see scenarios.md.
 * Apache Kafka 4.4 does not serve them any more.
 */
import { conformanceTarget } from '../support/broker-process.ts';
import { KAFKA_PYTHON_2_0 } from './client-programs.ts';
import { testOldClient, testSecuredClient } from './client-suite.ts';
import { RUN_SCENARIOS } from './scenarios.ts';

if (conformanceTarget !== 'kafka') {
  testOldClient(KAFKA_PYTHON_2_0, RUN_SCENARIOS);
  testSecuredClient(KAFKA_PYTHON_2_0, { protocol: 'SASL_SSL', mechanism: 'SCRAM-SHA-512' });
}
