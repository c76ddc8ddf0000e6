/** Kafka's Java clients 4.4.0 against the broker; see scenarios.md. */
import { testClient } from './client-suite.ts';
import { javaScenarios } from './java-program.ts';

testClient({
  name: 'kafka-clients (Java)',
  ...javaScenarios('ClientScenarios'),
});
