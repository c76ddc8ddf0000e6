/** confluent-kafka, kafka-python and aiokafka against the broker; see scenarios.md. */
import { join } from 'node:path';
import { cacheDir } from '../support/broker-process.ts';
import { testClient } from './client-suite.ts';

const python = join(cacheDir, 'python/bin/python');
const needs = { files: [python], component: 'python' };

function program(name: string, file: string) {
  return { name, command: python, args: ['-u', join(import.meta.dirname, 'python', file)], needs };
}

testClient(program('confluent-kafka (Python)', 'confluent_client.py'));
testClient(program('kafka-python', 'kafka_python_client.py'));
testClient(program('aiokafka', 'aiokafka_client.py'));
