/** @confluentinc/kafka-javascript against the broker; see scenarios.md. `npm run test:confluent` installs and runs it. */
import { CONFLUENT_JAVASCRIPT } from './client-programs.ts';
import { testClient } from './client-suite.ts';

testClient(CONFLUENT_JAVASCRIPT);
