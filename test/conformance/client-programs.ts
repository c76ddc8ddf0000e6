/** The client programs that run the scenarios of scenarios.md, one of each family; install.sh brings what they need. */
import { join } from 'node:path';
import { cacheDir } from '../support/broker-process.ts';
import type { ClientProgram } from './client-suite.ts';
import { javaScenarios } from './java-program.ts';

const here = import.meta.dirname;
const python = join(cacheDir, 'python/bin/python');
const formerPython = join(cacheDir, 'python-former/bin/python');
const confluent = join(cacheDir, 'confluent');
const rdkafka = join(cacheDir, 'rdkafka');
const former = join(cacheDir, 'former');

function node(name: string, file: string): ClientProgram {
  return { name, command: process.execPath, args: [join(here, file)] };
}

function pythonProgram(name: string, file: string): ClientProgram {
  const needs = { files: [python], component: 'python' };
  return { name, command: python, args: ['-u', join(here, 'python', file)], needs };
}

function go(name: string, binary: string): ClientProgram {
  const command = join(cacheDir, 'go', binary);
  return { name, command, args: [], needs: { files: [command], component: 'go' } };
}

export const KAFKAJS = node('kafkajs', 'node/kafkajs.ts');
export const PLATFORMATIC = node('@platformatic/kafka', 'node/platformatic.ts');
export const CONFLUENT_JAVASCRIPT: ClientProgram = {
  ...node('@confluentinc/kafka-javascript', 'confluent/client.ts'),
  environment: { WALKA_CONFLUENT: confluent },
  needs: {
    files: [join(confluent, 'node_modules/@confluentinc/kafka-javascript/build/Release')],
    component: 'confluent',
  },
};
export const NODE_RDKAFKA: ClientProgram = {
  ...node('node-rdkafka', 'former/rdkafka.ts'),
  environment: { WALKA_RDKAFKA: rdkafka },
  needs: {
    files: [join(rdkafka, 'node_modules/node-rdkafka/build/Release/node-librdkafka.node')],
    component: 'rdkafka',
  },
};
export const KCAT: ClientProgram = {
  ...node('kcat', 'node/kcat.ts'),
  needs: { files: ['/usr/bin/kcat'], component: 'system' },
  settings: { 'num.partitions': '4', 'message.max.bytes': '4194304' },
  unsupported: ['create-topics', 'describe-and-delete'],
};
export const CONFLUENT_PYTHON = pythonProgram('confluent-kafka (Python)', 'confluent_client.py');
export const KAFKA_PYTHON = pythonProgram('kafka-python', 'kafka_python_client.py');
/** As Debian has it. */
export const KAFKA_PYTHON_2_0: ClientProgram = {
  name: 'kafka-python 2.0.2',
  command: formerPython,
  args: ['-u', join(here, 'python/kafka_python_client.py')],
  needs: { files: [formerPython], component: 'python' },
  unsupported: ['idempotent-produce'],
};

/** Of the folder of former releases, where other clients in JavaScript alone lie as well. */
function formerNode(name: string, file: string, folder: string): ClientProgram {
  const needs = { files: [join(former, 'node_modules', folder, 'package.json')], component: 'former' };
  return { ...node(name, file), environment: { WALKA_FORMER: former, WALKA_KAFKAJS: folder }, needs };
}

const OF_KAFKAJS_1 = ['compression-zstd', 'seek-by-time'];
export const KAFKAJS_1_4: ClientProgram = {
  ...formerNode('kafkajs 1.4.6', 'former/kafkajs.ts', 'kafkajs-1.4'),
  unsupported: [...OF_KAFKAJS_1, 'idempotent-produce'],
};
export const KAFKAJS_1_12: ClientProgram = {
  ...formerNode('kafkajs 1.12.0', 'former/kafkajs.ts', 'kafkajs-1.12'),
  unsupported: OF_KAFKAJS_1,
};
export const KAFKA_NODE: ClientProgram = {
  ...formerNode('kafka-node 5.0.0', 'former/kafka-node.ts', 'kafka-node'),
  unsupported: [
    'compression-snappy',
    'compression-lz4',
    'compression-zstd',
    'seek-by-time',
    'describe-and-delete',
    'idempotent-produce',
  ],
};
export const NO_KAFKA: ClientProgram = {
  ...formerNode('no-kafka 3.4.4', 'former/no-kafka.ts', 'no-kafka'),
  unsupported: [
    'create-topics',
    'compression-lz4',
    'compression-zstd',
    'seek-by-time',
    'describe-and-delete',
    'idempotent-produce',
  ],
  settings: { 'num.partitions': '4', 'message.max.bytes': '4194304' },
};
export const KAFKA_TS: ClientProgram = {
  ...formerNode('kafka-ts', 'former/kafka-ts.ts', 'kafka-ts'),
  unsupported: ['compression-gzip', 'compression-snappy', 'compression-lz4', 'compression-zstd'],
};
export const AIOKAFKA = pythonProgram('aiokafka', 'aiokafka_client.py');
export const FRANZ_GO = go('franz-go', 'franz');
export const SARAMA = go('sarama', 'sarama');
export const SEGMENTIO: ClientProgram = {
  ...go('segmentio/kafka-go', 'segmentio'),
  unsupported: ['idempotent-produce'],
};
/** Built with what go/former.mod names. */
export const SARAMA_1_26: ClientProgram = {
  ...go('sarama 1.26.4', 'former/sarama'),
  environment: { WALKA_SARAMA_RELEASE: '2.4.0' },
};
export const FRANZ_GO_1_7 = go('franz-go 1.7.0', 'former/franz');
export const SEGMENTIO_0_2: ClientProgram = {
  ...go('segmentio/kafka-go 0.2.0', 'former/kafka-go-0.2'),
  unsupported: ['compression-zstd', 'idempotent-produce'],
};
export const JAVA: ClientProgram = { name: 'kafka-clients (Java)', ...javaScenarios('ClientScenarios') };

/** One of each family, as it is today. */
export const CLIENT_PROGRAMS: readonly ClientProgram[] = [
  KAFKAJS,
  PLATFORMATIC,
  CONFLUENT_JAVASCRIPT,
  KCAT,
  CONFLUENT_PYTHON,
  KAFKA_PYTHON,
  AIOKAFKA,
  FRANZ_GO,
  SARAMA,
  SEGMENTIO,
  JAVA,
];
