/** confluent-kafka, kafka-python and aiokafka against the broker; see scenarios.md. */
import { AIOKAFKA, CONFLUENT_PYTHON, KAFKA_PYTHON } from './client-programs.ts';
import { testClient } from './client-suite.ts';

testClient(CONFLUENT_PYTHON);
testClient(KAFKA_PYTHON);
testClient(AIOKAFKA);
