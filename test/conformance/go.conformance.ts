/** franz-go, sarama and segmentio/kafka-go against the broker; see scenarios.md. */
import { FRANZ_GO, SARAMA, SEGMENTIO } from './client-programs.ts';
import { testClient } from './client-suite.ts';

testClient(FRANZ_GO);
testClient(SARAMA);
testClient(SEGMENTIO);
