/** Share groups through Kafka's own Java clients, the only ones that have them; see scenarios.md. */
import { testShareGroups } from './client-suite.ts';
import { javaScenarios } from './java-program.ts';

testShareGroups({
  name: 'share groups of kafka-clients (Java)',
  ...javaScenarios('ShareScenarios'),
});
