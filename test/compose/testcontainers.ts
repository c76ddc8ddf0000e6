/**
 * How Testcontainers' modules start Kafka's images: a container that waits for a script, the script, put there once the
 * published port is known, and what of the log they wait for. In words of our own; the published port is the inner one.
 */

export interface Start {
  readonly module: string;
  readonly environment: Readonly<Record<string, string>>;
  /** In place of the image's own. */
  readonly entrypoint?: readonly string[];
  readonly command: readonly string[];
  /** Put there from outside, or written by a program in the container. */
  readonly script: { readonly path: string; readonly text: string; readonly isWrittenInside?: boolean };
  readonly waitsFor: RegExp;
  /** Where clients begin, and where they are sent. */
  readonly address: string;
}

const loop = (path: string, then = path): string => `while [ ! -f ${path} ]; do sleep 0.1; done; ${then}`;

const TUNING = {
  KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
  KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '1',
  KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
  KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
  KAFKA_LOG_FLUSH_INTERVAL_MESSAGES: '9223372036854775807',
  KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
  KAFKA_INTER_BROKER_LISTENER_NAME: 'BROKER',
};

const KRAFT = {
  ...TUNING,
  KAFKA_NODE_ID: '1',
  KAFKA_PROCESS_ROLES: 'broker,controller',
  KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
};

const ZOOKEEPER = {
  ...TUNING,
  KAFKA_BROKER_ID: '1',
  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:9093,BROKER://0.0.0.0:9092',
};

const OWN_ZOOKEEPER = [
  "echo 'clientPort=2181' > zookeeper.properties",
  "echo 'dataDir=/var/lib/zookeeper/data' >> zookeeper.properties",
  'zookeeper-server-start zookeeper.properties &',
];

const STARTED_9092 = 'PLAINTEXT://localhost:9092,BROKER://127.0.0.1:9093';
const STARTED_9093 = 'PLAINTEXT://localhost:9093,BROKER://127.0.0.1:9092';

export const STARTS: readonly Start[] = [
  {
    module: 'Java, apache/kafka',
    environment: {
      ...KRAFT,
      CLUSTER_ID: '4L6g3nShT-eMCtK--X86sw',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,BROKER://:9093,CONTROLLER://:9094',
    },
    command: ['sh', '-c', loop('/tmp/testcontainers_start.sh')],
    script: {
      path: '/tmp/testcontainers_start.sh',
      text: `#!/bin/bash\nexport KAFKA_ADVERTISED_LISTENERS=${STARTED_9092}\n/etc/kafka/docker/run \n`,
    },
    waitsFor: /.*Transitioning from RECOVERY to RUNNING.*/,
    address: 'localhost:9092',
  },
  {
    module: 'Node, cp-kafka with ZooKeeper',
    environment: {
      ...ZOOKEEPER,
      KAFKA_ZOOKEEPER_CONNECT: 'localhost:2181',
      KAFKA_ADVERTISED_LISTENERS: 'BROKER://localhost:9092',
    },
    entrypoint: ['sh'],
    command: ['-c', `echo 'Waiting for script...'; ${loop('/testcontainers_start.sh')}`],
    script: {
      path: '/testcontainers_start.sh',
      text: [
        '#!/bin/bash',
        `export KAFKA_ADVERTISED_LISTENERS=BROKER://127.0.0.1:9092,PLAINTEXT://localhost:9093`,
        "echo '' > /etc/confluent/docker/ensure ",
        ...OWN_ZOOKEEPER,
        '/etc/confluent/docker/run \n',
      ].join('\n'),
    },
    waitsFor: /\[KafkaServer id=\d+\] started/,
    address: 'localhost:9093',
  },
  {
    module: 'Python, cp-kafka with KRaft',
    environment: {
      ...KRAFT,
      KAFKA_BROKER_ID: '1',
      CLUSTER_ID: '8pH2Ls1mTkqPvHnUe4Zcog==',
      KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:9093,BROKER://0.0.0.0:9092,CONTROLLER://0.0.0.0:9094',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9094',
    },
    command: ['sh', '-c', loop('/tc-start.sh', 'sh /tc-start.sh')],
    script: {
      path: '/tc-start.sh',
      text: [
        '#!/bin/bash',
        "sed -i '/KAFKA_ZOOKEEPER_CONNECT/d' /etc/confluent/docker/configure",
        "echo 'kafka-storage format --ignore-formatted -t 8pH2Ls1mTkqPvHnUe4Zcog== -c /etc/kafka/kafka.properties' >> /etc/confluent/docker/configure",
        `export KAFKA_ADVERTISED_LISTENERS=${STARTED_9093}`,
        '. /etc/confluent/docker/bash-config',
        '/etc/confluent/docker/configure',
        '/etc/confluent/docker/launch',
      ].join('\n'),
    },
    waitsFor: /.*Kafka Server started.*/,
    address: 'localhost:9093',
  },
  {
    module: 'Go, confluent-local',
    environment: {
      ...KRAFT,
      KAFKA_BROKER_ID: '1',
      KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:9093,BROKER://0.0.0.0:9092,CONTROLLER://0.0.0.0:9094',
      KAFKA_REST_BOOTSTRAP_SERVERS: 'PLAINTEXT://0.0.0.0:9093',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9094',
    },
    entrypoint: ['sh'],
    command: ['-c', loop('/usr/sbin/testcontainers_start.sh', 'bash /usr/sbin/testcontainers_start.sh')],
    script: {
      path: '/usr/sbin/testcontainers_start.sh',
      text: [
        '#!/bin/bash',
        'source /etc/confluent/docker/bash-config',
        `export KAFKA_ADVERTISED_LISTENERS="${STARTED_9093}"`,
        "sed -i '/KAFKA_ZOOKEEPER_CONNECT/d' /etc/confluent/docker/configure",
        `echo 'kafka-storage format --ignore-formatted -t "$(kafka-storage random-uuid)" -c /etc/kafka/kafka.properties' >> /etc/confluent/docker/configure`,
        "echo '' > /etc/confluent/docker/ensure",
        '/etc/confluent/docker/configure',
        '/etc/confluent/docker/launch',
      ].join('\n'),
    },
    waitsFor: /.*Transitioning from RECOVERY to RUNNING.*/,
    address: 'localhost:9093',
  },
  {
    module: '.NET, apache/kafka',
    environment: { ...KRAFT, KAFKA_LISTENERS: 'PLAINTEXT://:9092,BROKER://:9093,CONTROLLER://:9094' },
    entrypoint: ['/bin/sh', '-c'],
    command: [loop('/testcontainers.sh')],
    script: {
      path: '/testcontainers.sh',
      text: `#!/bin/bash\n\nexport KAFKA_ADVERTISED_LISTENERS=${STARTED_9092},\nexec /etc/kafka/docker/run\n`,
    },
    waitsFor: /\[KafkaServer id=\d+\] started/,
    address: 'localhost:9092',
  },
  {
    module: 'Rust, apache/kafka',
    environment: {
      ...KRAFT,
      KAFKA_BROKER_ID: '1',
      KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:9092,BROKER://0.0.0.0:9093,CONTROLLER://0.0.0.0:9094',
    },
    entrypoint: ['bash'],
    command: [
      '-c',
      loop(
        '/opt/kafka/testcontainers_start.sh',
        'chmod 755 /opt/kafka/testcontainers_start.sh && /opt/kafka/testcontainers_start.sh',
      ),
    ],
    script: {
      path: '/opt/kafka/testcontainers_start.sh',
      text: `#!/usr/bin/env bash\nexport KAFKA_ADVERTISED_LISTENERS=${STARTED_9092}\n/etc/kafka/docker/run \n`,
      isWrittenInside: true,
    },
    waitsFor: /Kafka Server started/,
    address: 'localhost:9092',
  },
];
