/**
 * Former releases of clients in other languages than Java, as they are still in use, against the broker; see scenarios.md.
 * Apache Kafka 4.4 does not serve them any more.
 */
import { conformanceTarget } from '../support/broker-process.ts';
import {
  FRANZ_GO_1_7,
  KAFKA_NODE,
  KAFKA_PYTHON_2_0,
  KAFKAJS_1_4,
  KAFKAJS_1_12,
  NO_KAFKA,
  SARAMA_1_26,
  SEGMENTIO_0_2,
} from './client-programs.ts';
import { testOldClient, testSecuredClient } from './client-suite.ts';
import { RUN_SCENARIOS } from './scenarios.ts';

if (conformanceTarget !== 'kafka') {
  const ofNode = [KAFKAJS_1_4, KAFKAJS_1_12, KAFKA_NODE, NO_KAFKA];
  const ofGo = [SEGMENTIO_0_2, SARAMA_1_26, FRANZ_GO_1_7];
  for (const client of [KAFKA_PYTHON_2_0, ...ofNode, ...ofGo]) testOldClient(client, RUN_SCENARIOS);
  for (const client of [KAFKA_PYTHON_2_0, KAFKAJS_1_12]) {
    testSecuredClient(client, { protocol: 'SASL_SSL', mechanism: 'SCRAM-SHA-512' });
  }
}
