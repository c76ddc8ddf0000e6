/** kafka-ts against the broker; see scenarios.md. */
import { KAFKA_TS } from './client-programs.ts';
import { testClient } from './client-suite.ts';

testClient(KAFKA_TS);
