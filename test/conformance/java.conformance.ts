/** Kafka's Java clients 4.4.0 against the broker; see scenarios.md. */
import { JAVA } from './client-programs.ts';
import { testClient } from './client-suite.ts';

testClient(JAVA);
