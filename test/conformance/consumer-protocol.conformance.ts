/** Clients with `group.protocol=consumer` (KIP-848) against the broker; see scenarios.md. */
import { join } from 'node:path';
import { cacheDir } from '../support/broker-process.ts';
import { KAFKA_TS } from './client-programs.ts';
import { testClient } from './client-suite.ts';
import { javaScenarios } from './java-program.ts';

const confluent = join(cacheDir, 'confluent');
const environment = { GROUP_PROTOCOL: 'consumer' };
/** So that a member hears of a rebalance soon. */
const settings = {
  'group.consumer.min.heartbeat.interval.ms': '300',
  'group.consumer.heartbeat.interval.ms': '300',
  'group.consumer.assignment.interval.ms': '0',
};

testClient({
  name: 'kafka-clients (Java) with the consumer protocol',
  ...javaScenarios('ClientScenarios'),
  environment,
  settings,
});

testClient({
  name: '@confluentinc/kafka-javascript with the consumer protocol',
  command: process.execPath,
  args: [join(import.meta.dirname, 'confluent/client.ts')],
  environment: { ...environment, WALKA_CONFLUENT: confluent },
  needs: {
    files: [join(confluent, 'node_modules/@confluentinc/kafka-javascript/build/Release')],
    component: 'confluent',
  },
  settings,
});

testClient({
  ...KAFKA_TS,
  name: 'kafka-ts with the consumer protocol',
  environment: { ...KAFKA_TS.environment, ...environment },
  settings,
});
