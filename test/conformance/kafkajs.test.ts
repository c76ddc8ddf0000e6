/** kafkajs against the broker; see scenarios.md. */
import { KAFKAJS } from './client-programs.ts';
import { testClient } from './client-suite.ts';

testClient(KAFKAJS);
